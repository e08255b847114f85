"""Runs every test; prints what came back for which abuse; the last line is the sum: N passed, N failed[, N skipped]."""
import sys
from pathlib import Path

from tests.runner import run
from .case import print_tables

if __name__ == "__main__":
    sys.exit(run(Path(__file__).resolve().parent, limit=140, report=print_tables))
