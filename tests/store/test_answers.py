"""An answer that is not S3's: told as that, with what to look at, whatever was asked for."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from exportkit.errors import ObjectNotFoundError, StoreError
from exportkit.store import Store, StoreOptions, open_store
from tests.commands import run
from tests.servers.s3 import S3

URI = "s3://b/k"
PAGE = b"<html><head><title>Log in</title></head><body><p>Wireless</p></body></html>"
NO_XML = b"<!DOCTYPE html>\n<html><body><br>Wireless & more</body></html>"

ASKED: dict[str, Callable[[Store], Any]] = {
    "GetObject": lambda store: store.read(URI, 100),
    "HeadObject": lambda store: store.stat(URI),
    "ListObjectsV2": lambda store: list(store.list(URI)),
    "PutObject": lambda store: store.put(URI, b"x"),
    "CreateMultipartUpload": lambda store: store.put(URI, bytes(9_000_000)),
    "ListMultipartUploads": lambda store: list(store.unfinished(URI)),
}


class _Portal(BaseHTTPRequestHandler):
    server: Any
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, headers, body = self.server.says
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _answer  # noqa: N815 - the standard library's names


@pytest.fixture
def serve(aws_environment: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    servers: list[ThreadingHTTPServer] = []

    def start(handler: Any, says: Any = None) -> str:
        server: Any = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.says = says
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "says",
    [
        (200, {"Content-Type": "text/html"}, PAGE),
        (200, {"Content-Type": "text/html; charset=utf-8"}, NO_XML),
        (200, {"Content-Type": "application/xml"}, NO_XML),
        (200, {}, b""),
        (302, {"Location": "/login"}, b""),
        (301, {"Location": "/login", "Content-Type": "text/html"}, PAGE),
        (404, {"Content-Type": "text/html"}, PAGE),
        (403, {"Content-Type": "text/html"}, NO_XML),
        (400, {"Content-Type": "application/x-amz-json-1.0"}, b'{"__type": "MissingAuthenticationToken"}'),
        (501, {"Content-Type": "text/html"}, NO_XML),
    ],
    ids=lambda says: f"{says[0]}-{says[2][:9]}",
)
def test_what_another_service_answers(serve: Callable[..., str], says: Any) -> None:
    url = serve(_Portal, says)
    store = open_store(URI, StoreOptions(endpoint_url=url.replace("//", "//me:hidden@")))
    for operation, ask in ASKED.items():
        with pytest.raises(StoreError) as caught:
            ask(store)
        assert type(caught.value) is StoreError
        assert caught.value.uri == URI
        told = caught.value.message
        assert told.startswith(f"{url} does not answer as S3 does ({operation}: HTTP {says[0]}")
        assert "--endpoint-url" in told
        assert "AWS_ENDPOINT_URL" in told


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_an_answer_without_a_body_is_no_page(serve: Callable[..., str], kind: str) -> None:
    """Some servers with S3's API call it one by default."""

    def store(status: int, **headers: str) -> Store:
        url = serve(_Portal, (status, {"Content-Type": f"{kind}; charset=utf-8", **headers}, b""))
        return open_store(URI, StoreOptions(endpoint_url=url))

    assert not store(404).exists(URI)
    store(204).delete(URI)
    store(200, ETag='"0"').put(URI, b"x")


def test_a_server_of_files(serve: Callable[..., str], tmp_path: Path) -> None:
    class Files(SimpleHTTPRequestHandler):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given, directory=str(tmp_path))

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    (tmp_path / "b").mkdir()
    store = open_store(URI, StoreOptions(endpoint_url=serve(Files)))
    for ask in ASKED.values():
        with pytest.raises(StoreError, match="does not answer as S3 does"):
            ask(store)


@pytest.mark.parametrize("command", [("verify",), ("cat",), ("clean",), ("inspect",)])
def test_commands_exit_with_3(serve: Callable[..., str], command: tuple[str, ...]) -> None:
    url = serve(_Portal, (200, {"Content-Type": "text/html"}, PAGE))
    done = run(*command, "s3://b/e", "--endpoint-url", url)
    assert done.code == 3
    assert f"{url} does not answer as S3 does" in done.err
    assert "bug" not in done.err


@pytest.mark.server
def test_what_s3_answers_is_s3s(s3: S3) -> None:
    uri = s3.put("k", PAGE)
    s3.client.copy_object(
        Bucket=s3.bucket, Key="k", CopySource=f"{s3.bucket}/k", ContentType="text/html", MetadataDirective="REPLACE"
    )
    store = open_store(uri, s3.options())
    assert store.read(uri, 1000) == PAGE
    assert store.stat(uri).size == len(PAGE)
    assert list(store.list(f"{s3.uri}/nothing")) == []
    assert list(store.unfinished(f"{s3.uri}/nothing")) == []
    with pytest.raises(ObjectNotFoundError):
        store.stat(f"{s3.uri}/nothing")
