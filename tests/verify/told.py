"""What a report told, and exports of changes."""

from exportkit.model.findings import CODES
from exportkit.model.formats import ExportType
from exportkit.reasons import Severity
from exportkit.verify import VerifyReport

INCREMENTAL = {"export_type": ExportType.INCREMENTAL}


def codes(report: VerifyReport) -> dict[str, Severity]:
    return {finding.code: finding.severity for finding in report.findings}


def check_consistent(report: VerifyReport) -> None:
    """What the report says in one place it says in the others."""
    statuses = {check.code: check for check in report.checks}
    assert list(statuses) == list(CODES)
    assert report.ok == all(check.status != "failed" for check in report.checks)
    for finding in report.findings:
        assert statuses[finding.code].status in {"failed", "warned", "noted"}
        assert statuses[finding.code].count >= 1
