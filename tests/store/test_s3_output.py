"""How results are stored in S3: encryption, access, and what the destination's bucket is agreed to and demanded."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.retries.standard import ExponentialBackoff

import exportkit
from exportkit.errors import AccessDeniedError, UsageError
from exportkit.store import OutputOptions, StoreOptions, open_store
from exportkit.store.aws import aws_error
from tests.algebra.tables import exported, life
from tests.commands import did, run
from tests.convert.helpers import orders
from tests.servers.s3 import S3

pytestmark = pytest.mark.server

MIB = 1024 * 1024
ASKED = OutputOptions(sse="aws:kms", sse_kms_key_id="alias/exports", acl="bucket-owner-full-control")
CREATING = {"PutObject", "CreateMultipartUpload"}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, str]]]:
    """The requests that leave, each with its headers; none of those that write reaches the server."""
    from exportkit.store import aws  # noqa: PLC0415

    requests: list[tuple[str, dict[str, str]]] = []
    make = aws.make_client

    def listen(*args: Any, **named: Any) -> Any:
        client = make(*args, **named)
        client.meta.events.register(
            "before-call.s3",
            lambda params, model, **_: requests.append(
                (model.name, {k.lower(): v for k, v in params["headers"].items()})
            ),
        )
        return client

    monkeypatch.setattr("exportkit.store.s3.make_client", listen)
    return requests


@pytest.mark.parametrize("size", [10, 9 * MIB], ids=["put", "multipart"])
def test_what_creates_an_object_says_how_it_is_stored(
    s3: S3, sent: list[tuple[str, dict[str, str]]], size: int
) -> None:
    output = OutputOptions(sse="AES256", acl="bucket-owner-full-control")
    open_store(s3.uri, s3.options(output=output)).put(f"{s3.uri}/x", bytes(size))
    for name, headers in sent:
        assert (headers.get("x-amz-server-side-encryption") == "AES256") is (name in CREATING)
        assert (headers.get("x-amz-acl") == "bucket-owner-full-control") is (name in CREATING)
    assert CREATING & {name for name, _ in sent}


def test_a_key_of_kms_and_the_lock_too(
    s3: S3, sent: list[tuple[str, dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bucket may refuse whatever is put without its key: the lock is no exception."""
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.001)  # an error of the server is tried again
    store = open_store(s3.uri, s3.options(output=ASKED))
    with pytest.raises(Exception), store.lock(f"{s3.uri}/_lock"):  # noqa: B017, PT011 - the server has no KMS
        pass
    name, headers = sent[0]
    assert name == "PutObject"
    assert headers["x-amz-server-side-encryption"] == "aws:kms"
    assert headers["x-amz-server-side-encryption-aws-kms-key-id"] == "alias/exports"


def test_nothing_is_said_unless_it_is_asked_for(s3: S3, sent: list[tuple[str, dict[str, str]]]) -> None:
    open_store(s3.uri, s3.options()).put(f"{s3.uri}/x", b"x")
    assert not any(name.startswith("x-amz-server") or name == "x-amz-acl" for _, headers in sent for name in headers)


def test_what_is_missing_is_named_whole(s3: S3, aws_environment: pytest.MonkeyPatch) -> None:
    aws_environment.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(AccessDeniedError, match="s3:PutObject, s3:PutObjectAcl, kms:GenerateDataKey is not allowed"):
        open_store(s3.uri, s3.options(output=ASKED)).put(f"{s3.uri}/x", b"x")


def test_a_permission_that_the_service_names_is_the_one_that_is_told() -> None:
    message = f"User: arn:aws:iam::{'1' * 400} is not authorized to perform: kms:Decrypt on the resource"
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, "GetObject")
    assert "kms:Decrypt is not allowed" in str(aws_error("s3://b/k", error, "s3:GetObject"))


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"sse": "rot13"}, "no such encryption"),
        ({"acl": "everybody"}, "no such canned ACL"),
        ({"sse_kms_key_id": "k"}, "a KMS key encrypts only with"),
        ({"sse": "AES256", "sse_kms_key_id": "k"}, "a KMS key encrypts only with"),
    ],
)
def test_what_does_not_fit_together_is_wrong_usage(named: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        OutputOptions(**named)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="read_timeout"):
        StoreOptions(read_timeout=0)


def test_a_commands_input_and_output_are_told_apart(
    s3: S3, sent: list[tuple[str, dict[str, str]]], tmp_path: Any
) -> None:
    made = orders(tmp_path, files=1, items=3)
    s3.upload(made.root, "in")
    location = f"{s3.uri}/in/{made.folder.relative_to(made.root)}"
    words = ["convert", location, "-o", f"{s3.uri}/out", "--endpoint-url", s3.url, "--sse", "AES256"]
    did(*words, "--requester-pays", "--expected-bucket-owner", "111", "--output-bucket-owner", "222")
    reads = [headers for name, headers in sent if headers.get("x-amz-expected-bucket-owner") == "111"]
    writes = [headers for name, headers in sent if headers.get("x-amz-expected-bucket-owner") == "222"]
    assert len(reads) + len(writes) == len(sent)
    assert all("x-amz-request-payer" in headers for headers in reads)
    assert writes
    assert not any("x-amz-request-payer" in headers for headers in writes)
    assert {name for name, headers in sent if "x-amz-server-side-encryption" in headers} == {"PutObject"}
    assert run(*words, "--sse-kms-key-id", "k").code == 2


def test_results_are_read_again_as_what_is_written(
    s3: S3, sent: list[tuple[str, dict[str, str]]], tmp_path: Any
) -> None:
    """The check of a result, and the look at one that is there already, are of the destination's bucket."""
    table = exported(tmp_path, life())
    words = ["--endpoint-url", s3.url, "--expected-bucket-owner", "111", "--output-bucket-owner", "222"]
    for _ in range(2):
        did("replay", table.states[0], *table.windows, "-o", f"{s3.uri}/out", *words, "--verify-result")
        did("compact", *table.windows, "-o", f"{s3.uri}/out", *words)
    assert {headers.get("x-amz-expected-bucket-owner") for _, headers in sent} == {"222"}
    assert {"GetObject", "PutObject"} <= {name for name, _ in sent}


def test_a_made_export_says_how_it_is_encrypted(s3: S3, tmp_path: Any) -> None:
    windows = exported(tmp_path, life()).windows
    for sse, told in ((None, "AES256"), ("AES256", "AES256")):
        report = exportkit.compact(windows, f"{s3.uri}/{told}-{sse}", storage=s3.options(output=OutputOptions(sse=sse)))
        assert exportkit.open(report.export["uri"], storage=s3.options()).summary.s3_sse_algorithm == told
