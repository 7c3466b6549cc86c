"""``exportkit generate``: faithful test exports."""

from typing import Annotated

from cyclopts import Parameter

from exportkit.cli.options import FlagOption, JsonOption
from exportkit.generate.options import GenerateOptions

__all__ = ["generate"]


def generate(
    *,
    output: Annotated[str, Parameter(name=["--output", "-o"])],
    expected: FlagOption = False,
    json: JsonOption = False,
    options: Annotated[GenerateOptions, Parameter(name="*", negative_iterable=())] = GenerateOptions(),  # noqa: B008 - frozen
) -> int:
    """Makes exports to test with: a full one, and a chain of incremental ones after it.

    They have the AWS layout whole and every type and edge of the format, and are decided by
    the seed: the same options give the same bytes, and the same items in both formats.

    Args:
        output: Folder that stands for the bucket; other exports in it stay.
        expected: Write what the table holds at the end, too: OUTPUT/expected/EXPORTID/items.jsonl.
        json: Print one JSON document.
        options: What to make.
    """
    from exportkit.generate import generate as run  # noqa: PLC0415 - quick --help

    done = run(output, options, expected=expected)
    if json:
        import orjson  # noqa: PLC0415 - as above

        print(orjson.dumps(done.to_dict(), option=orjson.OPT_INDENT_2).decode())
        return 0
    for export in done.exports:
        told = ", ".join(f"{count:,} {effect}" for effect, count in export.effects.items())
        kind = f"{export.summary.window}" if export.summary.window else "full"
        records = f"{export.summary.item_count:,} record{'' if export.summary.item_count == 1 else 's'}"
        print(f"{export.location}  {kind}  {records}{f' ({told})' if told else ''}")
    if done.expected:
        print(f"{done.expected}  expected end state, {done.exports[-1].table_items:,} items")
    return 0
