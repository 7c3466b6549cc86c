"""Exports that are good."""

from pathlib import Path

import pytest

from exportkit.model.formats import OutputFormat
from tests.making import Made, change, item, make_export
from tests.verify.told import INCREMENTAL


@pytest.fixture
def full(tmp_path: Path, form: OutputFormat) -> Made:
    files = [[], [item(form, "a"), item(form, "b")], [item(form, "c")]]
    return make_export(tmp_path, form, files)


@pytest.fixture
def incremental(tmp_path: Path, form: OutputFormat) -> Made:
    files = [[], [change(form, "a", new="a"), change(form, "b", old="b")], [change(form, "c", new="c", old="c")]]
    return make_export(tmp_path, form, files, **INCREMENTAL)
