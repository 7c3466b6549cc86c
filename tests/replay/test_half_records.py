"""A record that was cut before its file was compressed and listed: MD5 and count are right, and it is no snapshot."""

import base64
import gzip
import hashlib
from pathlib import Path

import pytest

from exportkit.engine.protocols import Engine
from exportkit.model.formats import OutputFormat
from tests.commands import run
from tests.making import item, make_export


@pytest.mark.parametrize("to", ["export", "parquet"])
@pytest.mark.parametrize("form", OutputFormat)
def test_half_a_record_at_the_end_of_a_file(form: OutputFormat, to: str, engine: Engine, tmp_path: Path) -> None:
    made = make_export(tmp_path / "in", form, [[item(form, "a"), item(form, "b")]])
    (path,) = made.data_files
    data = gzip.compress(gzip.decompress(path.read_bytes()) + item(form, "c").encode()[:20])
    path.write_bytes(data)
    made.rewrite_entry(0, md5Checksum=base64.b64encode(hashlib.md5(data).digest()).decode())
    done = run("replay", made.folder, "-o", tmp_path / "out", "--to", to, engine=engine.name)
    assert (done.code, f"{path.name}: line 3 (byte " in done.err) == (3, True), done.err
    assert not (tmp_path / "out").exists()
