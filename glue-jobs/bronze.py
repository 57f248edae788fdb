"""Glue entry point: the bronze layer of every dataset."""

import sys

from medallion.process import run

run(sys.argv[1:], layers=("bronze",))
