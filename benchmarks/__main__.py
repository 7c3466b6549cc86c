"""``python -m benchmarks [verify] [memory] [making] [--quick] [--rounds N]``: measures, and fills README.md."""

import argparse
import tempfile
from pathlib import Path

from benchmarks import making, memory, verify
from benchmarks.data import FOLDER
from benchmarks.machine import machine
from benchmarks.report import TABLES, write


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures exportkit.")
    parser.add_argument("which", nargs="*", help=f"{', '.join(TABLES)}; all of them if none is named")
    parser.add_argument("--quick", action="store_true", help="little data, one round, no table: does it still run?")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each case; the median counts")
    options = parser.parse_args()
    if unknown := set(options.which) - set(TABLES):
        parser.error(f"no benchmark is called {', '.join(unknown)}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) if options.quick else FOLDER
        runs = {
            "verify": lambda: verify.result(verify.run(quick=options.quick, rounds=options.rounds, folder=folder)),
            "memory": lambda: memory.run(quick=options.quick, folder=folder),
            "making": lambda: making.run(quick=options.quick),
        }
        for name in options.which or TABLES:
            here = machine()
            result = runs[name]()
            print(f"{TABLES[name](result)}\n", flush=True)
            if not options.quick:
                write(name, here, result)


if __name__ == "__main__":
    main()
