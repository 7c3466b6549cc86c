"""The shipped samples are what they are said to be, and what is said to be run runs."""

import gzip
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import exportkit
from exportkit.reasons import REASONS
from tests.servers.s3 import S3

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
CHAIN = SAMPLES / "chain" / "backups" / "AWSDynamoDB"
KEY = ("pk", "sk")


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    """Runs a command of this installation in the project's folder."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        words,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=300,
    )


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def content(path: Path) -> object:
    """Returns what a file says, whichever igzip compressed it: processors differ in the bytes it makes."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        try:
            return gzip.decompress(data)
        except (OSError, EOFError):
            return "corrupt"
    if path.name == "manifest-files.json":
        return [{**json.loads(line), "md5Checksum": "", "etag": ""} for line in data.splitlines()]
    return "" if path.name == "manifest-files.md5" else data


def test_the_samples_are_what_their_script_makes(tmp_path: Path) -> None:
    make_samples = script("make_samples")
    make_samples.make(tmp_path)
    for name in make_samples.NAMES:
        made, shipped = (
            {path.relative_to(folder): content(path) for path in folder.rglob("*") if path.is_file()}
            for folder in (tmp_path / name, SAMPLES / name)
        )
        assert sorted(made) == sorted(shipped)
        assert [path for path in made if made[path] != shipped[path]] == []


def test_the_samples_are_small() -> None:
    files = [path for path in SAMPLES.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in files) < 300_000


@pytest.mark.parametrize("folder", [SAMPLES / "full-json", SAMPLES / "full-ion", *sorted(CHAIN.glob("0*-*"))])
def test_the_good_ones_are_good(folder: Path) -> None:
    report = exportkit.verify(str(folder), key=KEY)
    assert report.ok, report.findings
    assert not report.findings


def test_the_two_formats_hold_the_same_items() -> None:
    as_json, as_ion = (list(exportkit.open(str(SAMPLES / name)).items()) for name in ("full-json", "full-ion"))
    assert len(as_json) == 150
    assert all(item in as_ion for item in as_json)


def test_the_damaged_one_is_damaged_as_its_readme_says() -> None:
    report = exportkit.verify(str(SAMPLES / "damaged"), key=KEY)
    table = (SAMPLES / "README.md").read_text("utf-8").partition("| file | fault | finding |")[2].partition("\n\n")[0]
    told = set(re.findall(r"`([a-z0-9-]+)`", " ".join(line.rsplit("|", 2)[1] for line in table.splitlines()[2:])))
    assert {finding.code for finding in report.findings} == told
    malformed = [finding for finding in report.findings if finding.code == "record-malformed"]
    assert [(finding.line, finding.reason) for finding in malformed] == [
        (line, REASONS[slug].text)
        for line, slug in ((3, "number-precision"), (5, "attribute-duplicate"), (7, "syntax"))
    ]


@pytest.mark.slow  # a process for each of its commands, which the quick tests try too
def test_the_demo_runs() -> None:
    done = run("bash", "samples/demo.sh")
    assert done.returncode == 0, done.stderr
    for told in (
        "engine: ",
        "OK at level records: 150 items",
        "items         122",
        "verified      every record",
        "NOT OK: ",
        "exit code 1 is the right answer",
    ):
        assert told in done.stdout


def test_verify_export_says_what_is_wrong() -> None:
    done = run(sys.executable, "samples/verify_export.py", "samples/damaged", "pk", "sk")
    assert done.returncode == 1
    assert "NOT good" in done.stdout
    assert "error: data-file-missing" in done.stdout


def test_iterate_items_counts_attributes() -> None:
    done = run(sys.executable, "samples/iterate_items.py", "samples/full-ion")
    assert done.returncode == 0
    assert done.stdout.startswith("150 items\n  'pk' is a str in 150 of them\n")


def test_read_changes_tells_inserts_from_updates_where_it_can() -> None:
    first, second, third = sorted(CHAIN.glob("0*-*"))[1:]
    done = run(sys.executable, "samples/read_changes.py", *map(str, (first, second, third)))
    assert done.returncode == 0, done.stderr
    with_old, without, _ = re.split(r"^(?=\[)", done.stdout, flags=re.MULTILINE)[1:]
    assert {word for word in ("inserted", "updated", "deleted", "written") if word in with_old} == {
        "inserted",
        "updated",
        "deleted",
    }
    assert {word for word in ("inserted", "updated", "deleted", "written") if word in without} == {"written", "deleted"}
    refused = run(sys.executable, "samples/read_changes.py", "samples/full-json")
    assert refused.returncode == 2


def test_to_arrow_tells_the_types_and_writes_all_rows(tmp_path: Path) -> None:
    path = tmp_path / "items.arrow"
    done = run(sys.executable, "samples/to_arrow.py", "samples/full-ion", str(path))
    assert done.returncode == 0, done.stderr
    assert "pk: string, S in DynamoDB\n" in done.stdout
    assert f"150 rows in {path}\n" in done.stdout


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("scan_duckdb", "CANCELLED     6 orders,   22868.06 in all\n"),
        ("scan_polars", "150 items, 38 of them with a time\n"),
        ("scan_pandas", "150 items of 19 partitions, the first created at 1603936215\n"),
    ],
)
@pytest.mark.parametrize("export", ["full-json", "full-ion"])
def test_scans_by_others_answer_what_the_items_say(name: str, told: str, export: str) -> None:
    done = run(sys.executable, f"samples/{name}.py", f"samples/{export}")
    assert done.returncode == 0, done.stderr
    assert told in done.stdout
    items = list(exportkit.open(str(SAMPLES / export)).items())
    paid = [item["paid"] for item in items if "paid" in item]
    last = {
        "scan_duckdb": "SHIPPED       7 orders,   36443.43 in all\n",
        "scan_polars": f"│ {sum('createdAt' in item for item in items)}     ┆ {min(item.get('createdAt', 10**10) for item in items)} │",  # noqa: E501 - a row of its table
        "scan_pandas": f"{paid.count(True)} paid, {paid.count(False)} not\n",
    }
    assert last[name] in done.stdout


@pytest.mark.server
@pytest.mark.parametrize(("name", "code"), [("full-json", 0), ("damaged", 1)])
def test_check_in_ci_checks_an_export_in_s3(s3: S3, tmp_path: Path, name: str, code: int) -> None:
    location = s3.upload(SAMPLES / name, "exports/one")
    report = tmp_path / "report.xml"
    done = run("bash", "samples/check_in_ci.sh", location, "pk,sk", str(report), "--endpoint-url", s3.url)
    assert done.returncode == code, done.stderr
    assert "<testsuite" in report.read_text("utf-8")
    assert json.loads((tmp_path / "report.json").read_bytes())["ok"] is (code == 0)


@pytest.mark.server
def test_the_lambda_function_verifies_what_an_event_names(
    s3: S3, aws_environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    aws_environment.setenv("AWS_ENDPOINT_URL_S3", s3.url)
    aws_environment.setenv("TABLE_KEY", "pk, sk")
    lambda_handler = script("lambda_handler")
    early = tmp_path / "early"  # the summary is there, its checksum not yet
    shutil.copytree(SAMPLES / "full-ion", early)
    (early / "manifest-summary.md5").unlink()
    for folder in (SAMPLES / "full-ion", SAMPLES / "damaged", early):
        s3.upload(folder, f"p/AWSDynamoDB/{folder.name}")

    def event(name: str) -> dict[str, object]:
        key = f"p/AWSDynamoDB/{name}/manifest-summary.json"
        return {"detail": {"bucket": {"name": s3.bucket}, "object": {"key": key}}}

    answer = lambda_handler.handler(event("full-ion"), None)
    assert answer["ok"] is True
    assert answer["counts"]["items"] == 150
    json.dumps(answer)
    assert lambda_handler.handler(event("early"), None)["counts"] == answer["counts"]
    with pytest.raises(lambda_handler.ExportIsWrongError, match="record-malformed"):
        lambda_handler.handler(event("damaged"), None)
