import pytest
from tests.servers.s3 import S3
from exportkit.store import open_store

pytestmark = pytest.mark.server


def test_x(s3: S3):
    u = s3.put("a/b c/%2e#?x.gz", b"hello")
    st = open_store(u, s3.options())
    with st.open(u) as f:
        print(f.info)
        assert f.read(3) == b"hel"
        assert f.read(10) == b"lo"
        assert f.read(10) == b""
    u2 = s3.put("a/empty", b"")
    assert st.read(u2, 10) == b""
    print(st.stat(u2), st.stat(u), list(st.list(s3.uri)), st.children(s3.uri + "/a"))
    print(st.children(s3.uri + "/nix"))


def test_moto(dynamodb):
    print(dynamodb.client.list_tables())
