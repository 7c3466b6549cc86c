"""What the service says of an export, where it can be asked."""

from exportkit.errors import StoreError, UsageError
from exportkit.export import Export
from exportkit.model.description import TableDescription
from exportkit.model.manifest import ManifestSummary
from exportkit.store import StoreOptions
from exportkit.verify.report import Findings

__all__ = ["KEY_CODES", "ask_service", "described_key", "described_table"]

KEY_CODES = ("key-missing", "key-type-mixed", "duplicate-key")


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
        The key, as given or, for a full export, as DescribeTable says, if the table is still the one
        that was exported; incremental exports name their keys themselves.

    Raises:
        UsageError: The export does not say what it is called.
        ServiceError: The service cannot be asked, or does not know the export.
    """
    from exportkit.store.aws import describe_export  # noqa: PLC0415 - boto3 takes long to import

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
    if key is not None or export.summary.table_arn is None or export.summary.window is not None:
        return key
    found = described_key(export.summary, options)
    if isinstance(found, tuple):
        return found
    for code in KEY_CODES:
        findings.not_done(code, found)
    return None


def described_key(summary: ManifestSummary, options: StoreOptions) -> tuple[str, ...] | str:
    """Returns the key of an export's table, as ``described_table`` does."""
    found = described_table(summary, options)
    return found if isinstance(found, str) else found.key


def described_table(summary: ManifestSummary, options: StoreOptions) -> TableDescription | str:
    """Returns an export's table as DescribeTable says, or in words why its key cannot be known so.

    Args:
        summary: What the export says of itself; it names its table.
        options: How to reach the service.
    """
    from exportkit.store.aws import describe_table  # noqa: PLC0415 - boto3 takes long to import

    if summary.table_arn is None:
        return "the key is not known (--key), and the export names no table"
    try:
        table = describe_table(summary.table_arn, options)
    except StoreError as error:
        # Backups outlive their tables: that is no reason not to judge the rest.
        return f"the key is not known (--key), and DescribeTable: {error.message}"
    if summary.table_id in {None, table.table_id}:
        return table
    return "the key is not known (--key): the table was made anew since, with another tableId"
