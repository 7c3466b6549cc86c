"""A Lambda function that verifies an export the moment it is finished.

Let EventBridge call it for "Object Created" in the export's bucket, with the rule

    {"source": ["aws.s3"], "detail-type": ["Object Created"],
     "detail": {"object": {"key": [{"suffix": "/manifest-summary.json"}]}}}

That AWS writes manifest-summary.json after the data is inferred, not documented; the .md5 file
beside it may come later still, and without it verify notes only that it is missing. DescribeExport
saying COMPLETED is the documented sign.

The function needs s3:GetObject and s3:ListBucket. Its memory is bounded by the files read side by
side and the longest record allowed, not by the export's size: 512 MB are enough for one file at a
time and records of up to 64 MiB. Keys spill to /tmp, 32 bytes an item. Lambda gives 15 minutes; what
takes longer needs a container task. It raises if the export is wrong, so that retries, dead-letter
queues and alarms work as for any failure.
"""

import os
from typing import Any

import exportkit


class ExportIsWrongError(Exception):
    """The export is not what it should be."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Returns what was counted in the export that an event tells of.

    Raises:
        ExportIsWrongError: The export is wrong; names the findings.
    """
    detail = event["detail"]
    location = f"s3://{detail['bucket']['name']}/{detail['object']['key']}"
    key = os.environ.get("TABLE_KEY")  # such as "pk,sk"
    names = tuple(name.strip() for name in key.split(",")) if key else None
    report = exportkit.verify(location, key=names, jobs=1, temp_dir="/tmp")  # noqa: S108 - Lambda's
    if not report.ok:
        errors = [finding for finding in report.findings if finding.severity == "error"]  # notes harm nothing
        told = "; ".join(str(finding) for finding in errors[:5])
        raise ExportIsWrongError(f"{location}: {told}")
    return {"export": location, "ok": True, "counts": report.counts}
