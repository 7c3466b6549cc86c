"""What the documentation tells people to import is public, and says so itself."""

import importlib
import re
from pathlib import Path

import pytest

import exportkit

DOCS = Path(__file__).parents[2] / "docs"
INNER = {"engine.md", "joining.md", "signature.md"}  # for those who write an engine
PAGES = [page for page in sorted(DOCS.glob("*.md")) if page.name not in INNER]


def public_modules() -> set[str]:
    promise, _, _ = (DOCS / "reference.md").read_text("utf-8").partition("Everything else")
    return set(re.findall(r"`(exportkit\.\w+)`", promise))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_only_public_names_are_imported(page: Path) -> None:
    for module, names in re.findall(r"^from (exportkit\S*) import (.+)$", page.read_text("utf-8"), re.MULTILINE):
        assert module == "exportkit" or module in public_modules()
        assert set(names.split(", ")) <= set(importlib.import_module(module).__all__)


def test_what_arguments_are_made_of_can_be_had_at_the_top() -> None:
    for name in ("OutputOptions", "StoreOptions", "TextForm", "Traffic"):
        assert name in exportkit.__all__
    assert exportkit.StoreOptions(traffic=exportkit.Traffic(), output=exportkit.OutputOptions()).traffic


def test_every_public_module_lists_what_it_gives() -> None:
    assert len(public_modules()) == 6
    for module in public_modules():
        assert importlib.import_module(module).__all__
