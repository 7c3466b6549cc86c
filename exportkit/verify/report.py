"""What verify answers: the checks it made or did not make, the findings, the counts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from exportkit.model.findings import CODES, Finding, Level
from exportkit.model.formats import ExportType
from exportkit.reasons import Severity

__all__ = ["Check", "Findings", "Status", "VerifyReport"]

FINDINGS_PER_FILE = 20
FINDINGS_PER_CODE = 1000


class Status(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    NOTED = "noted"
    WARNED = "warned"
    FAILED = "failed"
    NOT_DONE = "not done"


@dataclass(frozen=True, slots=True)
class Check:
    """One check and how it ended.

    Attributes:
        code: The finding code it looks for.
        check: What is checked, in words.
        status: How it ended.
        count: Findings of this code, those past the cap too.
        why: Why it was not done, or not in full; empty if it was.
    """

    code: str
    check: str
    status: Status
    count: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """The answer of verify.

    Attributes:
        ok: Whether no finding of severity error was made.
        export: What the export is: its URI and what its manifest says of it.
        level: How deep verify looked.
        counts: Totals by name; see ``docs/verify.md``.
        checks: Every check, done or not.
        findings: The findings, errors first, then in the order of files and lines; capped.
        omitted: Findings past the caps, by code: counted, not kept.
    """

    ok: bool
    export: Mapping[str, object]
    level: Level
    counts: Mapping[str, object]
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    omitted: Mapping[str, int]

    def to_dict(self) -> dict[str, object]:
        """Returns the document that ``verify --json`` prints."""
        return {
            "ok": self.ok,
            "export": dict(self.export),
            "level": str(self.level),
            "counts": dict(self.counts),
            "checks": [
                {"code": c.code, "check": c.check, "status": str(c.status), "count": c.count, "why": c.why}
                for c in self.checks
            ],
            "findings": [
                {
                    "code": f.code,
                    "severity": str(f.severity),
                    "file": f.file,
                    "line": f.line,
                    "offset": f.offset,
                    "path": f.path,
                    "reason": f.reason,
                }
                for f in self.findings
            ],
            "omitted": dict(self.omitted),
        }


class Findings:
    """Collects findings, a bounded number of each code, and counts the rest."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self._per_code: Counter[str] = Counter()
        self._per_file: Counter[tuple[str, str]] = Counter()
        self._severities: dict[str, set[Severity]] = {}
        self._not_done: dict[str, str] = {}
        self.counts: Counter[str] = Counter()

    def add(self, code: str, reason: str, file: str, **place: object) -> None:
        """Adds a finding of a code's own severity; ``place`` as in Finding."""
        self.extend([Finding(code, CODES[code].severity, reason, file, **place)])  # type: ignore[arg-type]

    def extend(self, findings: Iterable[Finding], more: Mapping[tuple[str, Severity], int] | None = None) -> None:
        """Adds findings, and counts so many more of a code and severity that nobody kept."""
        for finding in findings:
            self._count(finding.code, finding.severity, 1)
            key = (finding.code, finding.file)
            if self._per_code[finding.code] < FINDINGS_PER_CODE and self._per_file[key] < FINDINGS_PER_FILE:
                self._per_code[finding.code] += 1
                self._per_file[key] += 1
                self._kept.append(finding)
        for (code, severity), count in (more or {}).items():
            if count:
                self._count(code, severity, count)

    def end_file(self, file: str) -> None:
        """Forgets a data file's counts, so that they do not grow with the number of files."""
        for key in [key for key in self._per_file if key[1] == file]:
            del self._per_file[key]

    def not_done(self, code: str, why: str) -> None:
        """Says that a check was not made, or not in full; the first reason stays."""
        self._not_done.setdefault(code, why)

    def report(
        self, level: Level, export_type: ExportType | None, export: Mapping[str, object], counts: Mapping[str, object]
    ) -> VerifyReport:
        """Returns the report over everything that was added."""
        order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
        findings = tuple(sorted(self._kept, key=lambda finding: order[finding.severity]))
        kept = Counter(finding.code for finding in findings)
        return VerifyReport(
            ok=not any(Severity.ERROR in severities for severities in self._severities.values()),
            export=export,
            level=level,
            counts=counts,
            checks=tuple(self._check(code, level, export_type) for code in CODES),
            findings=findings,
            omitted={code: count - kept[code] for code, count in self.counts.items() if count > kept[code]},
        )

    def _count(self, code: str, severity: Severity, count: int) -> None:
        self.counts[code] += count
        self._severities.setdefault(code, set()).add(severity)

    def _check(self, code: str, level: Level, export_type: ExportType | None) -> Check:
        row = CODES[code]
        severities = self._severities.get(code, set())
        why = self._not_done.get(code, "")
        if row.level.depth > level.depth:
            why = f"needs --level {row.level}"
        elif row.export_type is not None and export_type is not None and row.export_type is not export_type:
            why = "full exports only" if row.export_type is ExportType.FULL else "incremental exports only"
        if Severity.ERROR in severities:
            status = Status.FAILED
        elif Severity.WARNING in severities:
            status = Status.WARNED
        elif severities:
            status = Status.NOTED
        else:
            status = Status.NOT_DONE if why else Status.PASSED
        return Check(code, row.check, status, self.counts[code], why)
