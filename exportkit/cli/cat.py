"""``exportkit cat``: the records of an export, one a line."""

import sys
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt

from exportkit.cli.options import JobsOption, SizeOption, StorageOptions
from exportkit.model.formats import TextForm
from exportkit.model.scan import DEFAULT_MAX_RECORD_SIZE

__all__ = ["cat"]


def cat(
    location: str,
    /,
    *,
    limit: NonNegativeInt | None = None,
    form: Annotated[TextForm, Parameter(name="--as")] = TextForm.DYNAMODB_JSON,
    jobs: JobsOption = None,
    max_record_size: SizeOption = DEFAULT_MAX_RECORD_SIZE,
    storage: StorageOptions = StorageOptions(),  # noqa: B008 - frozen
) -> int:
    """Prints the records of an export, one a line, in the order of its manifest.

    Every file is checked while it is read: a malformed record or a wrong MD5 ends the output with
    an error and exit code 3, a wrong count with exit code 1.

    Args:
        location: Export folder, its manifest-summary.json, an S3 URI of either, or an export ARN.
        limit: Print no more than so many records.
        form: DynamoDB's typed JSON; plain JSON with exact numbers; or Ion text.
        jobs: Files read side by side; one for each processor by default.
        max_record_size: Bytes a record may have, such as 64MiB.
        storage: Where and how.
    """
    from exportkit.cli.output import tell_traffic  # noqa: PLC0415 - quick --help
    from exportkit.reading import open_for_reading  # noqa: PLC0415 - quick --help

    options = storage.resolve()
    export = open_for_reading(location, storage=options, jobs=jobs, max_record_size=max_record_size)
    write = sys.stdout.buffer.write
    for lines in export.lines(form, limit=limit):
        write(lines)
    sys.stdout.buffer.flush()
    tell_traffic(options)
    return 0
