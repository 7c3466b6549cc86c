"""A verify report as JUnit XML: one test case a check, for CI systems that show such reports."""

import re
from xml.etree import ElementTree as ET

from exportkit.verify.report import Status, VerifyReport

__all__ = ["to_junit"]

# XML 1.0 cannot hold these, not even escaped; file names and attribute names can.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(report: VerifyReport) -> bytes:
    """Returns the report as a JUnit XML document, UTF-8.

    A failed check is a failure with its findings as text, a check not done is skipped with the
    reason, warnings and notes stand in ``system-out``.
    """
    failed = sum(check.status is Status.FAILED for check in report.checks)
    skipped = sum(check.status is Status.NOT_DONE for check in report.checks)
    numbers: dict[str, str] = {
        "tests": str(len(report.checks)),
        "failures": str(failed),
        "errors": "0",
        "skipped": str(skipped),
    }
    suites = ET.Element("testsuites", {"name": "exportkit verify"} | numbers)
    suite = ET.SubElement(suites, "testsuite", {"name": _clean(str(report.export.get("uri", "")))} | numbers)
    for check in report.checks:
        case = ET.SubElement(suite, "testcase", classname="exportkit.verify", name=check.code)
        findings = [finding for finding in report.findings if finding.code == check.code]
        lines = [str(finding) for finding in findings]
        if omitted := report.omitted.get(check.code):
            lines.append(f"… and {omitted:,} more")
        text = _clean("\n".join(lines))
        if check.status is Status.FAILED:
            message = f"{check.count:,} times not so: {check.check}"
            remedies = "\n".join(dict.fromkeys(finding.remedy for finding in findings))
            ET.SubElement(case, "failure", message=message, type=check.code).text = f"{text}\n{remedies}"
        elif check.status is Status.NOT_DONE:
            ET.SubElement(case, "skipped", message=check.why)
        elif text:
            ET.SubElement(case, "system-out").text = text
    ET.indent(suites)
    return bytes(ET.tostring(suites, encoding="utf-8", xml_declaration=True))


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
