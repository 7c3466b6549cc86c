from pathlib import Path
from xml.etree import ElementTree as ET

from exportkit.model.findings import CODES
from exportkit.model.formats import OutputFormat
from exportkit.verify import verify
from exportkit.verify.junit import to_junit
from tests.making import item, make_export

JSON = OutputFormat.DYNAMODB_JSON


def test_every_check_is_a_test_case_with_its_outcome(tmp_path: Path) -> None:
    made = make_export(tmp_path, JSON, [[item(JSON, "a"), "{bad\x01name", item(JSON, "a")]])
    (made.folder / "manifest-summary.md5").unlink()
    report = verify(made.folder, key=("pk",))
    suites = ET.fromstring(to_junit(report))
    cases = {case.get("name"): case for case in suites.iter("testcase")}
    assert list(cases) == list(CODES)
    failed = {name for name, case in cases.items() if case.find("failure") is not None}
    assert failed == {"record-malformed", "duplicate-key"}
    failure = cases["duplicate-key"].find("failure")
    assert failure is not None
    assert f"{made.data_files[0]}:3" in (failure.text or "")
    skipped = {name for name, case in cases.items() if case.find("skipped") is not None}
    assert skipped == {check.code for check in report.checks if check.status == "not done"}
    noted = cases["manifest-md5-missing"].find("system-out")
    assert noted is not None
    assert (suites.get("tests"), suites.get("failures"), suites.get("skipped")) == (
        str(len(CODES)),
        "2",
        str(len(skipped)),
    )


def test_names_that_xml_cannot_hold_are_shown_with_replacement_characters(tmp_path: Path) -> None:
    line = '{"Item":{"pk":{"S":"a"},"n\\u0001m":{"Q":""}}}'
    made = make_export(tmp_path, JSON, [[line]])
    text = ET.tostring(ET.fromstring(to_junit(verify(made.folder))), encoding="unicode")
    assert "/Item/n\ufffdm" in text
