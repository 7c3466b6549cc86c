"""The command line. It parses, calls and renders; the logic lies below.

Results go to stdout, everything else to stderr. Exit codes (``docs/cli.md``): 0 done and
good, 1 the answer is no, 2 wrong usage, 3 could not be done, 130 interrupted, 143 ended by SIGTERM.
"""

import io
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from exportkit import __version__
from exportkit.cli.algebra import compact, diff, revert
from exportkit.cli.cat import cat
from exportkit.cli.clean import clean
from exportkit.cli.convert import convert
from exportkit.cli.follow import follow
from exportkit.cli.generate import generate
from exportkit.cli.inspect import inspect
from exportkit.cli.loading import import_command, load
from exportkit.cli.output import OutputConsole, discard_stdout, unless_nobody_reads
from exportkit.cli.replay import replay
from exportkit.cli.schema import schema
from exportkit.cli.service import describe, list_exports, request, wait
from exportkit.cli.signals import Terminated, terminated_by_signal
from exportkit.cli.signature import signature
from exportkit.cli.text import printable
from exportkit.cli.verify import verify
from exportkit.errors import ExportkitError

__all__ = ["app", "main"]

_USAGE = 2
_FAILED = 3
_INTERRUPTED = 130
_TERMINATED = 143


def _version() -> str:
    from exportkit.engine import engine_info  # noqa: PLC0415 - only --version needs an engine

    info = engine_info()
    build = f"\nbuild: {info.build_reason}" if info.build_reason else ""
    return f"exportkit {__version__}\nengine: {info.name} ({info.why}){build}"


app = App(
    name="exportkit",
    help="Verify, read and make DynamoDB exports to S3: full and incremental, DYNAMODB_JSON and ION.",
    version=_version,
    version_format="plaintext",
    suppress_keyboard_interrupt=False,  # main tells it, with the exit code of a shell
)
app.command(inspect)
app.command(verify)
app.command(cat)
app.command(schema)
app.command(convert)
app.command(replay)
app.command(diff)
app.command(compact)
app.command(revert)
app.command(signature)
app.command(clean)
app.command(generate)
app.command(request)
app.command(follow)
app.command(wait)
app.command(describe)
app.command(list_exports, name="list")
app.command(load)
app.command(import_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code.

    Args:
        arguments: The words after the program's name; those of the process if None.
    """
    _fit_streams()
    code = 0
    try:
        with terminated_by_signal(), unless_nobody_reads():
            code = int(_run(list(sys.argv[1:] if arguments is None else arguments)) or 0)
    except CycloptsError:
        code = _USAGE
    except ExportkitError as error:
        code = _complain(_with_notes(f"error: {printable(str(error))}", error), error.exit_code)
    except Terminated as ended:
        code = _complain(_with_notes("terminated", ended), _TERMINATED)
    except KeyboardInterrupt as interrupt:
        code = _complain(_with_notes("interrupted", interrupt), _INTERRUPTED)
    except OSError as error:
        discard_stdout()
        where = "standard output" if error.filename is None else str(error.filename)
        code = _complain(f"error: {printable(where)}: {error.strerror or printable(str(error))}", _FAILED)
    except Exception as error:
        if os.environ.get("EXPORTKIT_DEBUG"):
            raise
        code = _complain(
            f"internal error: {type(error).__name__}: {printable(str(error))}\n"
            "This is a bug in exportkit. Run again with EXPORTKIT_DEBUG=1 for the traceback, and report it.",
            _FAILED,
        )
    return code


def _run(arguments: list[str]) -> int | None:
    console = OutputConsole()
    code: int | None = app(
        arguments, console=console, exit_on_error=False, print_error=True, result_action="return_value"
    )
    return code


def _fit_streams() -> None:
    """Makes stdout and stderr take whatever is printed: closed ones nothing, those of poor encodings escapes."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _with_notes(message: str, error: BaseException) -> str:
    """Returns a message with what was noted on the way up, such as the folder left unfinished."""
    notes = [printable(line) for note in getattr(error, "__notes__", ()) for line in note.split("\n")]
    return "\n".join([message, *notes])


def _complain(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code
