"""The exports that tests of columnar reading read: small, in both formats, full and incremental."""

from pathlib import Path

from exportkit.engine.protocols import Engine
from exportkit.export import open_export
from exportkit.model.formats import ExportType, OutputFormat
from exportkit.reading import OpenExport
from tests.making import Made, change, item, make_export

FULL_ROWS = [{"pk": f"a{n}", "n": n} for n in range(5)] + [{"pk": f"b{n}", "s": "x"} for n in range(3)]
"""The items of :func:`make_full`, in their order."""


def make_full(root: Path, form: OutputFormat) -> Made:
    """Makes an export of three files: without an item, five items, three items."""

    def number(n: int) -> str:
        return f"n:{n}." if form is OutputFormat.ION else f'"n":{{"N":"{n}"}}'

    text = 's:"x"' if form is OutputFormat.ION else '"s":{"S":"x"}'
    first = [item(form, f"a{n}", extra=number(n)) for n in range(5)]
    return make_export(root, form, [[], first, [item(form, f"b{n}", extra=text) for n in range(3)]])


def make_changes(root: Path, form: OutputFormat) -> Made:
    """Makes an incremental export of an insert, a delete and an update."""
    lines = [change(form, "a", new="a"), change(form, "b", old="b"), change(form, "c", new="c", old="c")]
    return make_export(root, form, [lines], export_type=ExportType.INCREMENTAL)


def opened(made: Made, engine: Engine, jobs: int = 1) -> OpenExport:
    return OpenExport(open_export(made.folder), jobs=jobs, engine=engine)
