"""Where results may not go: into the exports that they are made of."""

from collections.abc import Iterable

from exportkit.errors import UsageError
from exportkit.export import Export
from exportkit.locations import Location
from exportkit.store.opening import normal_uri

__all__ = ["check_outside"]


def check_outside(dest: Location, inputs: Iterable[Export | None]) -> None:
    """Makes sure that a result goes neither into the folder of an input nor among its data files.

    Whoever reads the folder ``data`` as a whole, as ImportTable does, would read the result too.

    Args:
        dest: Where the result is to go.
        inputs: What it is made of.

    Raises:
        UsageError: It would lie there.
    """
    uri = normal_uri(dest)
    for export in filter(None, inputs):
        for folder in (export.uri, export.data_folder):
            if f"{uri}/".startswith(f"{normal_uri(folder)}/"):
                raise UsageError(
                    f"{uri} lies in {folder}, which belongs to the input {export.uri}; name another destination, such "
                    "as the bucket or the prefix that the exports lie below"
                )
