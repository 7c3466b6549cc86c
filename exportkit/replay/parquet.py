"""From a rebuilt state to Parquet, by convert."""

from collections.abc import Mapping
from typing import Any

from exportkit.convert import ConvertReport
from exportkit.convert.options import MadeOf
from exportkit.convert.run import Prepared
from exportkit.export import open_export
from exportkit.joining.made import MadeExport

__all__ = ["convert_state"]


def convert_state(prepared: Prepared, made: MadeExport, replayed: Mapping[str, Any]) -> ConvertReport:
    """Converts the rebuilt state and returns what that did; dataset.json tells what the state is made of.

    Args:
        prepared: What is asked of convert.
        made: The state, as an export in temporary files.
        replayed: What its lineage tells of the replay.
    """
    source = open_export(made.uri)
    summary = source.summary
    told: dict[str, Any] = {"uri": None, "arn": summary.export_arn, **summary.told()}
    told |= {"exportkit": summary.exportkit, "replayed": dict(replayed)}
    return prepared.convert(source, MadeOf(told=told, fingerprint=made.fingerprint))
