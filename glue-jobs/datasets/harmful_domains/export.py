"""Glue entry point: writes the lists that resolvers subscribe to, from one version of gold.harmful_domains."""

import sys

from datasets.harmful_domains.lists.job import run

run(sys.argv[1:])
