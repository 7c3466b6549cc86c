"""What an export's data files hold, read through its store."""

from exportkit.export import Export
from exportkit.store import DataStream


def contents(export: Export) -> list[bytes]:
    """The decompressed data files, each checked against its MD5 in the manifest."""
    result = []
    for file in export.files():
        with DataStream(export.store.open(file.uri), file.uri) as stream:
            result.append(b"".join(stream))
        assert stream.md5 == file.entry.md5
    return result
