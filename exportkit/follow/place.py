"""The finished exports of one place, looked at again and again: what was read once is not read twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from exportkit.errors import ExportError, ObjectNotFoundError
from exportkit.export import Export
from exportkit.follow.planning import Known
from exportkit.follow.records import FILTERED, VERIFIED, Records
from exportkit.locations import Location
from exportkit.model.layout import ROOT_FOLDER, is_export_id
from exportkit.store import StoreOptions, open_store
from exportkit.store.opening import normal_uri

__all__ = ["Place"]

_READERS = 16


class Place:
    """A bucket and prefix, or a folder that stands for them.

    Args:
        root: The folder that ``AWSDynamoDB`` lies in.
        options: How it is reached.

    Attributes:
        storage: How it is reached.
        folder: The folder ``AWSDynamoDB``.
        records: What was verified.
        filtered: What the service said was filtered.
    """

    def __init__(self, root: Location, options: StoreOptions) -> None:
        uri = normal_uri(root)
        self._store = open_store(uri, options)
        self.storage = options
        self._seen: dict[str, Known] = {}
        self.folder = self._store.join(uri, ROOT_FOLDER)
        self.records = Records(self._store, uri, VERIFIED)
        self.filtered = Records(self._store, uri, FILTERED)

    def look(self) -> Iterator[Known | ExportError]:
        """Yields every finished export that is there, and why one cannot be read.

        Raises:
            AccessDeniedError: The credentials do not allow it; names the permission.
            StoreError: Storage failed.
        """
        folders = [uri for uri in self._store.children(self.folder)[0] if is_export_id(self._store.name(uri))]
        new = [uri for uri in folders if uri not in self._seen]
        with ThreadPoolExecutor(_READERS, thread_name_prefix="exportkit-follow") as pool:
            for found in pool.map(self._read, new):
                if isinstance(found, Known):
                    self._seen[found.uri] = found
                elif found is not None:
                    yield found
        # What was deleted since is gone.
        yield from (self._seen[uri] for uri in folders if uri in self._seen)

    def find(self, export_id: str) -> Known | ExportError | None:
        """Returns one export; None if it is not finished, or not there."""
        return self._read(self._store.join(self.folder, export_id))

    def _read(self, uri: str) -> Known | ExportError | None:
        try:
            return Known(uri, self._store.name(uri), Export(self._store, uri, self.storage).summary)
        except ObjectNotFoundError:
            return None
        except ExportError as error:
            return error
