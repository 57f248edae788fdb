"""Glue entry point: the gold layer of every dataset."""

import sys

from medallion.process import run

run(sys.argv[1:], layers=("gold",))
