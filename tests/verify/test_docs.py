import re
from pathlib import Path

from exportkit.model.findings import CODES
from exportkit.reasons import REASONS

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_findings_has_every_code_with_its_level() -> None:
    page = (DOCS / "findings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (\w+) \| ([\w, ]+) \|", page, re.MULTILINE)
    assert [(code, level) for code, level, _ in rows] == [(row.code, row.level) for row in CODES.values()]
    for code, _, severities in rows:
        told = set(severities.split(", "))
        of_reasons = {reason.severity.value for reason in REASONS.values() if reason.code == code}
        assert told == of_reasons | {CODES[code].severity.value}, code


def test_every_reason_belongs_to_a_code() -> None:
    assert {reason.code for reason in REASONS.values()} <= set(CODES)
