"""``exportkit signature``: one fingerprint of a state; several are compared."""

from typing import TYPE_CHECKING

from exportkit.cli.options import JobsOption, JsonOption, SizeOption, StorageOptions
from exportkit.cli.text import printable
from exportkit.errors import UsageError
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE

if TYPE_CHECKING:
    from exportkit.algebra.signature import Signature

__all__ = ["signature"]


def signature(
    *locations: str,
    jobs: JobsOption = None,
    max_record_size: SizeOption = DEFAULT_MAX_RECORD_SIZE,
    json: JsonOption = False,
    storage: StorageOptions = StorageOptions(),  # noqa: B008 - frozen
) -> int:
    """Tells the signature of the items a full export holds; of several exports, whether they hold the same.

    Equal items give equal signatures, whatever the format, the files, the order of items,
    attributes and set elements, and the spelling of numbers. Exits 1 where signatures differ, and where an
    export is wrong (its manifests, a count): then nothing is printed on stdout.

    Args:
        locations: Full exports: each a folder, its manifest-summary.json, an S3 URI of either, or an export ARN.
        jobs: Files read side by side; one for each processor by default.
        max_record_size: Bytes a record may have, such as 64MiB.
        json: Print one JSON document.
        storage: Where and how.
    """
    from exportkit.algebra.signature import signature as run  # noqa: PLC0415 - quick --help
    from exportkit.cli.output import print_json, tell_traffic, unless_nobody_reads  # noqa: PLC0415 - as above
    from exportkit.cli.progress import progress_on_terminal  # noqa: PLC0415

    if not locations:
        raise UsageError("name a location: a full export")
    options = storage.resolve()
    found: list[tuple[str, Signature]] = []
    for location in locations:
        with progress_on_terminal("signature") as progress:
            each = run(location, jobs=jobs, max_record_size=max_record_size, storage=options, progress=progress)
        found.append((location, each))
    equal = len({each for _, each in found}) == 1
    with unless_nobody_reads():
        if not json:
            _print(found)
            tell_traffic(options)
        elif len(found) == 1:
            print_json(found[0][1].to_dict(), options)
        else:
            signatures = [{"location": at, **each.to_dict()} for at, each in found]
            print_json({"equal": equal, "signatures": signatures}, options)
    return 0 if equal else 1


def _print(found: "list[tuple[str, Signature]]") -> None:
    for location, each in found:
        print(f"{each.signature}  {each.items:,} item{'' if each.items == 1 else 's'}  {printable(location)}")
    first, one = found[0]
    others = [location for location, each in found[1:] if each != one]
    for location in others:
        print(f"DIFFERENT: {printable(location)} does not hold what {printable(first)} holds")
    if len(found) > 1 and not others:
        print(f"EQUAL: all {len(found):,} hold the same items")
