"""Records, items, statistics and batches of one export: files in parallel, bounded prefetch, progress events."""

from exportkit.reading.batches import FileBatches
from exportkit.reading.files import sniff
from exportkit.reading.open_export import OnMisfit, OpenExport
from exportkit.reading.opening import open_for_reading, open_source, with_connections
from exportkit.reading.progress import NoProgress, Progress
from exportkit.reading.scan import Scan
from exportkit.reading.threads import Stopped, Workers, default_jobs, in_order, streams_in_order

__all__ = [
    "FileBatches",
    "NoProgress",
    "OnMisfit",
    "OpenExport",
    "Progress",
    "Scan",
    "Stopped",
    "Workers",
    "default_jobs",
    "in_order",
    "open_for_reading",
    "open_source",
    "sniff",
    "streams_in_order",
    "with_connections",
]
