"""Glue entry point: all three layers in one driver, for small lakes and small machines."""

import sys

from medallion.process import run

run(sys.argv[1:], layers=("bronze", "silver", "gold"))
