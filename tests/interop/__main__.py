"""Runs every test; the last line is the sum: N passed, N failed[, N skipped]."""
import sys
from pathlib import Path

from tests.runner import run

if __name__ == "__main__":
    sys.exit(run(Path(__file__).resolve().parent, limit=55))
