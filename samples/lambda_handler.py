"""A Lambda function that verifies an export the moment it is finished.

Let EventBridge call it for "Object Created" in the export's bucket, with the rule

    {"source": ["aws.s3"], "detail-type": ["Object Created"],
     "detail": {"object": {"key": [{"suffix": "/manifest-summary.json"}]}}}

AWS writes manifest-summary.json last. The function needs s3:GetObject and s3:ListBucket, and
memory of 512 MB whatever the export's size; an export of more than about 100 GB takes longer
than the 15 minutes that Lambda gives (a container task has no such limit). It raises if the
export is wrong, so that retries, dead-letter queues and alarms work as for any failure.
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
    report = exportkit.verify(location, key=tuple(key.split(",")) if key else None, temp_dir="/tmp")  # noqa: S108 - Lambda's
    if not report.ok:
        told = "; ".join(str(finding) for finding in report.findings[:5])
        raise ExportIsWrongError(f"{location}: {told}")
    return {"export": location, "ok": True, "counts": report.counts}
