"""A bucket that is gone in the middle of a command: an error of storage that names it, nothing about the export."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from exportkit.store import s3 as s3_store
from tests.commands import run
from tests.convert.helpers import orders
from tests.servers.s3 import S3

pytestmark = pytest.mark.server


@pytest.fixture
def vanishing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parts of keys that S3 has no bucket for any more."""
    gone: list[str] = []
    make = s3_store.make_client

    def answer(params: dict[str, Any], model: Any, **_: Any) -> Any:
        if model.name != "GetObject" or not any(part in params["url_path"] for part in gone):
            return None
        said = {"Error": {"Code": "NoSuchBucket", "Message": "The specified bucket does not exist"}}
        return SimpleNamespace(status_code=404), {**said, "ResponseMetadata": {"HTTPStatusCode": 404}}

    def make_and_answer(*args: Any, **named: Any) -> Any:
        client = make(*args, **named)
        client.meta.events.register("before-call.s3", answer)
        return client

    monkeypatch.setattr(s3_store, "make_client", make_and_answer)
    return gone


@pytest.mark.parametrize("part", ["/data/", "manifest-files.json", "manifest-summary.md5"])
@pytest.mark.parametrize("command", ["verify", "convert", "cat", "replay"])
def test_it_is_named_and_the_export_not_judged(
    command: str, part: str, vanishing: list[str], s3: S3, tmp_path: Path
) -> None:
    made = orders(tmp_path / "e", files=2, items=20)
    uri = f"{s3.upload(tmp_path, 'in')}/{made.folder.relative_to(tmp_path)}"
    vanishing.append(part)
    words = ["-o", tmp_path / "out"] if command in {"convert", "replay"} else []
    done = run(command, uri, "--endpoint-url", s3.url, *words)
    if part.endswith(".md5") and command == "cat" and done.code == 0:
        return  # not asked for
    assert done.code == 3
    assert f"no such bucket: {s3.bucket}; look at its name" in done.err
    assert "missing" not in done.out + done.err
    assert "copy it again" not in done.err
