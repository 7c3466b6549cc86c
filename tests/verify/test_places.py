"""Verify against a real S3 server, and against what the DynamoDB API says."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

import exportkit.store.aws
from exportkit.cli import main
from exportkit.engine.protocols import Engine
from exportkit.errors import AccessDeniedError, ObjectNotFoundError
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.verify import verify
from exportkit.verify.service import KEY_CODES
from tests.making import EXPORT_ID, Made, change, item, make_export
from tests.servers.s3 import S3

JSON, ION = OutputFormat.DYNAMODB_JSON, OutputFormat.ION
pytestmark = pytest.mark.server


@pytest.fixture(params=[(JSON, ExportType.FULL), (ION, ExportType.INCREMENTAL)], ids=["full JSON", "incremental ION"])
def made(tmp_path: Path, request: pytest.FixtureRequest) -> Made:
    form, export_type = request.param
    line = item(form, "a") if export_type is ExportType.FULL else change(form, "a", new="a")
    return make_export(tmp_path, form, [[], [line], []], export_type=export_type)


def test_an_export_in_s3_is_good_and_each_object_is_read_once(
    made: Made, s3: S3, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.upload(made.root)
    requests: list[str] = []
    connect = boto3.Session.client

    def client(session: boto3.Session, *arguments: object, **named: object) -> object:
        made_client = connect(session, *arguments, **named)
        made_client.meta.events.register(
            "before-send.s3", lambda request, **_: requests.append(f"{request.method} {request.url.split('?')[0]}")
        )
        return made_client

    monkeypatch.setattr(boto3.Session, "client", client)
    report = verify(f"{s3.uri}/{made.folder.relative_to(made.root)}", key=("pk",), storage=s3.options(), engine=engine)
    assert report.ok
    assert report.findings == () or {finding.code for finding in report.findings} == {"etag-mismatch"}
    gets = [request for request in requests if request.startswith("GET") and not request.endswith(s3.bucket)]
    assert len(gets) == len(set(gets)) == 4 + 3, requests  # manifests and their MD5s, data files
    listings = [request for request in requests if request.endswith(s3.bucket)]
    assert len(requests) == len(gets) + len(listings)
    assert len(listings) == (made.folder / "data").exists()  # full exports only: what is unlisted


def test_an_object_that_is_another_is_noted_by_its_etag_and_told_by_its_md5(made: Made, s3: S3, engine: Engine) -> None:
    s3.upload(made.root)
    uri = f"{s3.uri}/{made.folder.relative_to(made.root)}"
    noted = verify(uri, level="objects", storage=s3.options(), engine=engine)
    assert noted.ok
    assert [finding.severity for finding in noted.findings] == ["note"] * 3, "a PUT's ETag is not a multipart upload's"
    assert {finding.code for finding in noted.findings} == {"etag-mismatch"}
    s3.put(str(made.data_files[1].relative_to(made.root)), made.data_files[0].read_bytes())
    told = verify(uri, storage=s3.options(), engine=engine)
    assert not told.ok
    assert {"data-md5-mismatch", "item-count-mismatch"} <= {finding.code for finding in told.findings}


def test_the_command_line_verifies_in_s3(made: Made, s3: S3, capfd: pytest.CaptureFixture[str]) -> None:
    s3.upload(made.root)
    uri = f"{s3.uri}/{made.folder.relative_to(made.root)}/manifest-summary.json"
    assert main(["verify", uri, "--endpoint-url", s3.url]) == 0
    assert "OK at level records" in capfd.readouterr().out
    assert main(["cat", uri, "--endpoint-url", s3.url, "--as", "json"]) == 0
    assert '"pk":"a"' in capfd.readouterr().out


def test_what_is_not_there_or_not_allowed_is_told_as_such(
    made: Made, s3: S3, aws_environment: pytest.MonkeyPatch, engine: Engine
) -> None:
    with pytest.raises(ObjectNotFoundError):
        verify(f"{s3.uri}/nothing", storage=s3.options(), engine=engine)
    s3.upload(made.root)
    aws_environment.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(AccessDeniedError, match="s3:GetObject"):
        verify(f"{s3.uri}/{made.folder.relative_to(made.root)}", storage=s3.options(), engine=engine)


@pytest.fixture
def service(aws_environment: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """The DynamoDB API's answers: moto's server gives exports ARNs that are none."""
    with Stubber(boto3.client("dynamodb")) as stubber:
        real = exportkit.store.aws.make_client
        aws_environment.setattr(
            "exportkit.store.aws.make_client",
            lambda name, *rest, **named: stubber.client if name == "dynamodb" else real(name, *rest, **named),
        )
        yield stubber
        stubber.assert_no_pending_responses()


def describe(service: Stubber, **answer: object) -> None:
    arn = f"arn:aws:dynamodb:eu-central-1:111122223333:table/Orders/export/{EXPORT_ID}"
    service.add_response("describe_export", {"ExportDescription": {"ExportArn": arn} | answer}, {"ExportArn": arn})


TABLE_ARN = "arn:aws:dynamodb:eu-central-1:111122223333:table/Orders"
TABLE_ID = "11991185-e7ab-4da5-8bab-03f0db0b7bfd"


def describe_table(service: Stubber, table_id: str = TABLE_ID) -> None:
    schema = [{"AttributeName": "pk", "KeyType": "HASH"}]
    service.add_response(
        "describe_table", {"Table": {"KeySchema": schema, "TableId": table_id}}, {"TableName": TABLE_ARN}
    )


def test_the_service_is_asked_for_status_count_and_key(made: Made, service: Stubber, engine: Engine) -> None:
    describe(service, ExportStatus="COMPLETED", ItemCount=1)
    if (made.folder / "data").exists():  # a full export; an incremental names its keys itself
        describe_table(service)
    report = verify(made.folder, service=True, engine=engine)
    assert report.ok, report.findings
    statuses = {check.code: check.status for check in report.checks}
    assert statuses["item-count-unexpected"] == "passed"
    assert statuses["duplicate-key"] == "passed"
    assert report.counts["keys"] == 1


@pytest.mark.parametrize("fault", ["denied", "deleted", "made anew"])
def test_a_table_that_cannot_tell_its_key_leaves_the_rest_to_be_judged(
    tmp_path: Path, service: Stubber, engine: Engine, fault: str
) -> None:
    made = make_export(tmp_path, JSON, [[item(JSON, "a")]])
    describe(service, ExportStatus="COMPLETED", ItemCount=1)
    if fault == "made anew":
        describe_table(service, "22222222-e7ab-4da5-8bab-03f0db0b7bfd")
    else:
        code = "AccessDeniedException" if fault == "denied" else "ResourceNotFoundException"
        service.add_client_error("describe_table", code)
    report = verify(made.folder, service=True, engine=engine)
    assert report.ok
    told = {
        "denied": "dynamodb:DescribeTable is not allowed",
        "deleted": "no such table",
        "made anew": "another tableId",
    }
    whys = {check.code: check.why for check in report.checks if check.code in KEY_CODES}
    assert len(whys) == 3
    assert all(told[fault] in why for why in whys.values())


def test_another_count_or_status_of_the_service_is_found(made: Made, service: Stubber, engine: Engine) -> None:
    describe(service, ExportStatus="FAILED", ItemCount=2, FailureCode="S3NoSuchBucket", FailureMessage="gone")
    report = verify(made.folder, service=True, key=("pk",), engine=engine)
    assert not report.ok
    assert {finding.code for finding in report.findings} == {"export-not-complete", "item-count-unexpected"}
    assert "S3NoSuchBucket: gone" in report.findings[0].reason


def test_an_arn_finds_the_place_and_asks(made: Made, s3: S3, service: Stubber, engine: Engine) -> None:
    s3.upload(made.root)
    place = {"S3Bucket": s3.bucket, "ExportManifest": f"{made.folder.relative_to(made.root)}/manifest-summary.json"}
    describe(service, ExportStatus="COMPLETED", ItemCount=1, **place)
    describe(service, ExportStatus="COMPLETED", ItemCount=1, **place)
    arn = f"arn:aws:dynamodb:eu-central-1:111122223333:table/Orders/export/{EXPORT_ID}"
    report = verify(arn, key=("pk",), storage=s3.options(), engine=engine)
    assert report.ok, report.findings
    assert report.export["uri"] == f"{s3.uri}/{made.folder.relative_to(made.root)}"


def test_a_service_that_cannot_be_asked_is_3_not_an_answer(
    made: Made, service: Stubber, engine: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    assert verify(made.folder, engine=engine).ok, "it is not asked unless somebody says so"
    service.add_client_error("describe_export", "ExportNotFoundException")
    assert main(["verify", str(made.folder), "--service"]) == 3
    assert "no such export" in capfd.readouterr().err
    service.add_client_error("describe_export", "AccessDeniedException")
    assert main(["verify", str(made.folder), "--service"]) == 3
    assert "dynamodb:DescribeExport is not allowed" in capfd.readouterr().err
