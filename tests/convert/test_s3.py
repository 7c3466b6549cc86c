"""S3 at either end: the same bytes as locally, nothing left behind, clear errors, and the same command goes on."""

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

import exportkit
from exportkit.errors import AccessDeniedError, LockedError, StoreError
from exportkit.model.formats import OutputFormat
from exportkit.store import open_store
from exportkit.store.s3 import S3Store
from tests.convert.helpers import SMALL, contents, orders
from tests.making import Made, item, make_export
from tests.servers.s3 import DYING, S3

pytestmark = pytest.mark.server

HOW: dict[str, Any] = {"target_file_size": SMALL, "jobs": 2}

CHILD = (
    DYING
    + """
import exportkit
from exportkit.store import StoreOptions

location, dest, endpoint, how = *sys.argv[1:4], eval(sys.argv[4])
exportkit.convert(location, dest, storage=StoreOptions(endpoint_url=endpoint), **how)
"""
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return orders(tmp_path_factory.mktemp("export"), files=6, items=20)


def parts(found: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in found.items() if name.endswith(".parquet")}


@pytest.mark.parametrize("source", ["local", "s3"])
@pytest.mark.parametrize("dest", ["local", "s3"])
def test_the_bytes_are_the_same_at_either_end(source: str, dest: str, made: Made, s3: S3, tmp_path: Path) -> None:
    location = str(made.folder)
    if source == "s3":
        prefix = s3.upload(made.root, "in")
        location = f"{prefix}/{made.folder.relative_to(made.root)}"
    target = str(tmp_path / "d") if dest == "local" else f"{s3.uri}/out/d"
    report = exportkit.convert(location, target, storage=s3.options(), **HOW)
    assert report.rows == 120
    exportkit.convert(made.folder, tmp_path / "whole", **HOW)
    found = dict(contents(tmp_path / "d")) if dest == "local" else s3.objects("out/d")
    assert parts(found) == parts(dict(contents(tmp_path / "whole")))
    assert sorted(found) == sorted(contents(tmp_path / "whole"))
    assert exportkit.convert(location, target, storage=s3.options(), **HOW).already


def test_a_bucket_itself_is_a_destination(made: Made, s3: S3) -> None:
    exportkit.convert(made.folder, s3.uri, storage=s3.options())
    listed = s3.client.list_objects_v2(Bucket=s3.bucket)["Contents"]
    assert [entry["Key"] for entry in listed] == ["data/part-00000-000.parquet", "dataset.json"]


def test_a_split_export(s3: S3, tmp_path: Path) -> None:
    made = orders(tmp_path / "e", files=4, items=6)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    how = {**HOW, "split_by": "revision"}
    exportkit.convert(made.folder, f"{s3.uri}/d", storage=s3.options(), temp_dir=scratch, **how)
    assert not list(scratch.iterdir()), "the files that waited for their upload are gone"
    exportkit.convert(made.folder, tmp_path / "whole", **how)
    found = parts(s3.objects("d"))
    assert found == parts(dict(contents(tmp_path / "whole")))
    assert len(found) > 20


def test_large_parts_go_up_in_pieces(s3: S3, s3_requests: list[str], tmp_path: Path) -> None:
    noise = random.Random(1)
    lines = [item(OutputFormat.DYNAMODB_JSON, noise.randbytes(2000).hex()) for _ in range(6000)]
    made = make_export(tmp_path / "e", OutputFormat.DYNAMODB_JSON, [lines])
    exportkit.convert(made.folder, f"{s3.uri}/d", storage=s3.options())
    assert sum(request.startswith("UploadPart ") for request in s3_requests) >= 2
    (name,) = parts(s3.objects("d"))
    (tmp_path / "part").write_bytes(s3.objects("d")[name])
    assert pq.read_table(tmp_path / "part").num_rows == 6000


@pytest.mark.parametrize("kill_at", [1, 5])
def test_killed_at_a_request(kill_at: int, made: Made, s3: S3, tmp_path: Path) -> None:
    words = [sys.executable, "-c", CHILD, str(kill_at), str(made.folder), f"{s3.uri}/d", s3.url, repr(HOW)]
    assert subprocess.run(words, check=False, capture_output=True, timeout=120).returncode == -9
    assert "dataset.json" not in s3.objects("d")
    exportkit.convert(made.folder, f"{s3.uri}/d", storage=s3.options(), **HOW)
    exportkit.convert(made.folder, tmp_path / "whole", **HOW)
    assert parts(s3.objects("d")) == parts(dict(contents(tmp_path / "whole")))
    assert sorted(s3.objects("d")) == sorted(contents(tmp_path / "whole")), "the lock and the work folder are gone"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_at_every_request(made: Made, s3: S3, tmp_path: Path) -> None:
    exportkit.convert(made.folder, tmp_path / "whole", **HOW)
    whole = parts(dict(contents(tmp_path / "whole")))
    code, kill_at = -9, 0
    while code == -9:
        kill_at += 1
        dest = f"{s3.uri}/d{kill_at}"
        words = [sys.executable, "-c", CHILD, str(kill_at), str(made.folder), dest, s3.url, repr(HOW)]
        code = subprocess.run(words, check=False, capture_output=True, timeout=120).returncode
        exportkit.convert(made.folder, dest, storage=s3.options(), **HOW)
        found = s3.objects(f"d{kill_at}")
        assert parts(found) == whole, f"killed at {kill_at}"
        assert sorted(found) == sorted([*whole, "dataset.json"])
    assert code == 0
    assert kill_at > 10


def test_leftovers_of_uploads_are_cleared(made: Made, s3: S3) -> None:
    for key in ("d/data/part-00000-000.parquet", "elsewhere/x"):
        s3.client.create_multipart_upload(Bucket=s3.bucket, Key=key)
    exportkit.convert(made.folder, f"{s3.uri}/d", storage=s3.options())
    left = s3.client.list_multipart_uploads(Bucket=s3.bucket)["Uploads"]
    assert [upload["Key"] for upload in left] == ["elsewhere/x"]


def test_one_run_at_a_time(made: Made, s3: S3) -> None:
    store = open_store(s3.uri, s3.options())
    with store.lock(f"{s3.uri}/d/_lock"), pytest.raises(LockedError, match="is writing here"):
        exportkit.convert(made.folder, f"{s3.uri}/d", storage=s3.options())


def test_a_denied_put(made: Made, s3: S3, aws_environment: pytest.MonkeyPatch) -> None:
    aws_environment.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(AccessDeniedError, match="s3:PutObject is not allowed"):
        exportkit.convert(made.folder, f"{s3.uri}/d", storage=s3.options())
    assert s3.objects("d") == {}


class Wrapped:
    """A client whose puts are another's."""

    def __init__(self, client: Any, put_object: Any) -> None:
        self.client, self.put_object = client, put_object

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)


@pytest.mark.parametrize("error", ["AccessDenied", "NoSuchBucket", "InternalError"])
def test_a_put_that_is_denied_a_bucket_that_vanishes_in_the_middle(
    error: str, made: Made, s3: S3, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = S3Store.client.fget
    assert real is not None
    asked = 0

    def client(self: S3Store) -> Any:
        made_client = real(self)
        put = made_client.put_object

        def put_object(**named: Any) -> Any:
            nonlocal asked
            asked += named["Key"].endswith(".parquet")
            if asked == 3:
                raise ClientError({"Error": {"Code": error, "Message": "no"}}, "PutObject")
            return put(**named)

        return Wrapped(made_client, put_object)

    with monkeypatch.context() as patched:
        patched.setattr(S3Store, "client", property(client))
        with pytest.raises(StoreError) as caught:
            exportkit.convert(made.folder, f"{s3.uri}/d", storage=s3.options(), target_file_size=SMALL, jobs=1)
    assert caught.value.uri.endswith(".parquet")
    assert "the same command goes on" in caught.value.__notes__[-1]
    found = s3.objects("d")
    assert "dataset.json" not in found
    assert "_lock" not in found
    report = exportkit.convert(made.folder, f"{s3.uri}/d", storage=s3.options(), **HOW)
    assert report.resumed == 2
    exportkit.convert(made.folder, tmp_path / "whole", **HOW)
    assert parts(s3.objects("d")) == parts(dict(contents(tmp_path / "whole")))
