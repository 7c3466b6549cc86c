"""What the service says of an export, where it can be asked."""

from exportkit.errors import UsageError
from exportkit.export import Export
from exportkit.store import StoreOptions
from exportkit.verify.report import Findings

__all__ = ["ask_service"]


def ask_service(
    export: Export, options: StoreOptions, key: tuple[str, ...] | None, findings: Findings
) -> tuple[str, ...] | None:
    """Compares the export with DescribeExport, and finds the table's key if nobody named it.

    Args:
        export: The export.
        options: How to reach the service.
        key: The key, if it is known.
        findings: Where findings go.

    Returns:
        The key, as given or as DescribeTable says (the table as it is now).

    Raises:
        UsageError: The export does not say what it is called.
        ServiceError: The service cannot be asked, or does not know the export.
    """
    from exportkit.store.aws import describe_export, describe_table_key  # noqa: PLC0415 - boto3 takes long to import

    arn, uri = export.summary.export_arn, export.summary_uri
    if arn is None:
        raise UsageError(f"{uri} names no exportArn: the service cannot be asked about this export")
    description = describe_export(arn, options)
    if description.export_status != "COMPLETED":
        failure = f" ({description.failure_code}: {description.failure_message})" if description.failure_code else ""
        findings.add("export-not-complete", f"DescribeExport says {description.export_status}{failure}", uri)
    if description.item_count is not None and description.item_count != export.summary.item_count:
        findings.add(
            "item-count-unexpected",
            f"DescribeExport counts {description.item_count:,} items, the manifest {export.summary.item_count:,}",
            uri,
        )
    if key is None and export.summary.table_arn is not None:
        return describe_table_key(export.summary.table_arn, options)
    return key
