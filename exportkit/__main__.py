"""``python -m exportkit``."""

import sys

from exportkit.cli import main

if __name__ == "__main__":
    sys.exit(main())
