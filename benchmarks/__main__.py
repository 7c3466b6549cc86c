"""``python -m benchmarks [NAME…] [--quick] [--rounds N]``: measures what is named, and fills README.md."""

import argparse
import tempfile
from pathlib import Path

from benchmarks import convert, making, memory, plot, s3, verify
from benchmarks.convert.cases import SHAPES
from benchmarks.data import FOLDER
from benchmarks.machine import machine
from benchmarks.replay import measuring as replay
from benchmarks.replay import memory as replay_memory
from benchmarks.report import TABLES, write

ROUNDS = {"verify": 7, "s3": 7, "convert": 5, "replay": 5}
PLOT = "plot"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures exportkit.")
    names = (*TABLES, PLOT)
    parser.add_argument("which", nargs="*", help=f"{', '.join(names)}; all of them if none is named")
    parser.add_argument("--quick", action="store_true", help="little data, one round, no table: does it still run?")
    parser.add_argument(
        "--rounds", type=int, help=f"runs of each case, of which the median counts: {ROUNDS} if not told"
    )
    parser.add_argument(
        "--shape", choices=[*map(str, SHAPES)], action="append", help="convert: of such items alone; may be repeated"
    )
    options = parser.parse_args()
    if unknown := set(options.which) - set(names):
        parser.error(f"no benchmark is called {', '.join(unknown)}")
    rounds = ROUNDS if options.rounds is None else dict.fromkeys(ROUNDS, options.rounds)
    quick = options.quick
    shapes = [shape for shape in SHAPES if options.shape is None or shape in options.shape]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) if quick else FOLDER
        runs = {
            "verify": lambda: verify.result(verify.run(quick=quick, rounds=rounds["verify"], folder=folder)),
            "convert": lambda: convert.result(
                convert.run(quick=quick, rounds=rounds["convert"], folder=folder, shapes=shapes)
            ),
            "memory": lambda: memory.run(quick=quick, folder=folder),
            "replay": lambda: replay.result(replay.run(quick=quick, rounds=rounds["replay"], folder=folder)),
            "replay-memory": lambda: replay_memory.run(quick=quick, folder=folder),
            "s3": lambda: s3.result(s3.run(quick=quick, rounds=rounds["s3"], folder=folder)),
            "making": lambda: making.run(quick=quick),
        }
        for name in options.which or names:
            if name == PLOT:
                plot.draw()
                continue
            here = machine()
            result = runs[name]()
            print(f"{TABLES[name](result)}\n", flush=True)
            if not quick:
                write(name, here, result)


if __name__ == "__main__":
    main()
