"""Credentials that expire in the middle of a run: refreshed, looked for anew, or told."""

import sys
from pathlib import Path
from typing import Any

import pytest

from exportkit.errors import AccessDeniedError
from exportkit.store import open_store
from exportkit.store.s3 import S3Store
from tests.servers.s3 import S3

PROCESS = """
import json, pathlib, sys
from datetime import UTC, datetime, timedelta
count = pathlib.Path(sys.argv[1])
count.write_text(str(int(count.read_text()) + 1))
expires = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()  # botocore renews what has less than 10 minutes
print(json.dumps({"Version": 1, "AccessKeyId": "test", "SecretAccessKey": "testsecret", "SessionToken": "",
                  "Expiration": expires}))
"""


@pytest.fixture
def profile(aws_environment: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file of credentials, and nothing in the environment."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        aws_environment.delenv(name)
    file = tmp_path / "credentials"
    aws_environment.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    return file


def keys(key: str) -> str:
    return f"[default]\naws_access_key_id = {key}\naws_secret_access_key = testsecret\n"


@pytest.mark.server
def test_credentials_that_say_when_they_expire_are_refreshed(
    s3: S3, aws_environment: pytest.MonkeyPatch, tmp_path: Path, profile: Path
) -> None:
    uri = s3.put("x", b"hello")
    count, process, config = tmp_path / "count", tmp_path / "process.py", tmp_path / "config"
    count.write_text("0")
    process.write_text(PROCESS)
    config.write_text(f"[default]\ncredential_process = {sys.executable} {process} {count}\n")
    aws_environment.setenv("AWS_CONFIG_FILE", str(config))
    store = open_store(uri, s3.options())
    for _ in range(3):
        assert store.read(uri, 9) == b"hello"
    assert int(count.read_text()) >= 3


def refused_at_first(store: S3Store, times: int) -> list[str]:
    """Has the first requests answered as S3 answers those of expired credentials; returns the keys of all."""
    used: list[str] = []

    class Answer:
        def __init__(self, body: bytes) -> None:
            self.status_code, self.headers, self.content, self.raw = 400, {}, body, None

    def send(request: Any, **_: Any) -> Any:
        used.append(request.headers["Authorization"].decode().split("Credential=")[1].partition("/")[0])
        refused = b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"
        return Answer(refused) if len(used) <= times else None

    store.client.meta.events.register("before-send.s3", send)
    return used


@pytest.mark.server
def test_credentials_that_somebody_renewed_are_taken(s3: S3, profile: Path) -> None:
    uri = s3.put("x", b"hello")
    profile.write_text(keys("old"))
    store = S3Store(s3.options())
    used = refused_at_first(store, 1)
    profile.write_text(keys("test"))
    assert store.read(uri, 9) == b"hello"
    assert used == ["old", "test"]


@pytest.mark.server
def test_that_there_are_no_others_is_told(s3: S3, profile: Path) -> None:
    profile.write_text(keys("old"))
    store = S3Store(s3.options())
    used = refused_at_first(store, 100)
    with pytest.raises(AccessDeniedError, match="the credentials have expired, and no others could be had") as caught:
        store.stat(f"{s3.uri}/x")
    assert used == ["old"]
    assert "testsecret" not in str(caught.value)


@pytest.mark.server
def test_new_ones_that_have_expired_too_are_not_tried_for_ever(s3: S3, profile: Path) -> None:
    profile.write_text(keys("old"))
    store = S3Store(s3.options())
    used = refused_at_first(store, 100)
    profile.write_text(keys("older"))
    with pytest.raises(AccessDeniedError, match="expired"):
        store.stat(f"{s3.uri}/x")
    assert used[0] == "old"
    assert 2 <= len(used) <= 4
