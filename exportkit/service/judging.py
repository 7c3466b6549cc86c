"""Exports judged before they are put into a table: verified, and what whoever takes them has to know."""

import os

from exportkit.engine.protocols import Engine
from exportkit.errors import VerificationError
from exportkit.export import Export
from exportkit.joining.checks import carried_windows, check_filters
from exportkit.joining.verdict import warnings_of_base
from exportkit.model.findings import CODES, Level
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE
from exportkit.reading import Progress
from exportkit.store import StoreOptions
from exportkit.verify import VerifyReport, verify
from exportkit.verify.service import KEY_CODES

__all__ = ["IDLE", "verified", "warnings_of"]

IDLE = ("drift-not-judged:", "nothing-to-apply:")
"""Warnings of chains that say nothing to whoever replays none: how they begin."""

_TOLD = 5


def verified(
    export: Export,
    *,
    level: Level | str = Level.RECORDS,
    key: tuple[str, ...] | None,
    jobs: int | None = None,
    temp_dir: str | os.PathLike[str] | None = None,
    max_record_size: int = DEFAULT_MAX_RECORD_SIZE,
    storage: StoreOptions,
    progress: Progress | None = None,
    engine: Engine | None = None,
    key_named: bool = False,
) -> VerifyReport:
    """Returns what verify says of an export that is good; arguments as for ``exportkit.verify``.

    With ``key_named`` the caller named the key, and may have named a wrong one: the error says so.

    Raises:
        VerificationError: It is not good; its notes tell the first findings, and what to do about a key.
        StoreError: It cannot be read.
    """
    report = verify(
        export.uri,
        level=level,
        key=key,
        jobs=jobs,
        temp_dir=temp_dir,
        max_record_size=max_record_size,
        storage=storage,
        progress=progress,
        engine=engine,
    )
    if not report.ok:
        failed = [check.code for check in report.checks if check.status == "failed"]
        error = VerificationError(export.uri, f"it is not good ({', '.join(failed)}); nothing was done with it")
        for finding in report.findings[:_TOLD]:
            error.add_note(f"  {finding}")
        for code in failed:
            if key_named and code in KEY_CODES:
                error.add_note(f"  {code}: {CODES[code].remedy}")
        raise error
    return report


def warnings_of(export: Export) -> tuple[str, ...]:
    """Returns what whoever takes one export has to know: that it holds a part, or lacks the changes of some time.

    Raises:
        ManifestError: Its summary is malformed.
    """
    missing, doubled = carried_windows(export, "gaps"), carried_windows(export, "overlaps")
    base = (told for told in warnings_of_base(export, missing, doubled, ()) if not told.startswith(IDLE))
    return *check_filters([export], allow_filtered=True), *base
