"""Ctrl-C and SIGTERM: what was begun is cleared away."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import left_behind
from tests.replay.story import written


@pytest.mark.parametrize(("number", "code", "told"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")])
def test_interrupted_it_cleans_up(tmp_path: Path, number: str, code: int, told: str) -> None:
    base = written(tmp_path / "in")
    child = """
import os, signal, sys
import exportkit.sink.export_writer as writer
from exportkit.cli import main

write = writer.DataFileWriter.write

def interrupt(self, *args, **named):
    writer.DataFileWriter.write = write
    os.kill(os.getpid(), getattr(signal, number))
    write(self, *args, **named)

writer.DataFileWriter.write = interrupt
number = sys.argv.pop()
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts background jobs with it ignored
sys.exit(main(sys.argv[1:]))
"""
    words = [sys.executable, "-c", child, "replay", str(base), "-o", str(tmp_path / "out"), number]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (code, told)
    assert left_behind(tmp_path / "out") == []
