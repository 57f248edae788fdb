"""Faults on demand, for tests alone: a driver with the environment variable SLUICE_FAULTS, which Glue cannot be given, does what the
file of that name says, once."""

from __future__ import annotations

import os


def take(fault: str) -> bool:
    """Whether the test wants this fault now. It happens once: the file is removed."""
    path = os.environ.get("SLUICE_FAULTS")
    if path is None:
        return False
    try:
        with open(path, encoding="utf-8") as file:
            wanted = file.read().strip()
    except FileNotFoundError:
        return False
    if wanted != fault:
        return False
    os.unlink(path)
    return True
