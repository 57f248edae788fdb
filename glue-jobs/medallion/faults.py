"""Faults on demand, for tests alone: a driver with the environment variable SLUICE_FAULTS, which Glue cannot be given, does what the
file of that name says, once."""

from __future__ import annotations

import os
from pathlib import Path


def take(fault: str) -> bool:
    """Whether the test wants this fault now. It happens once: the file is removed."""
    location = os.environ.get("SLUICE_FAULTS")
    if location is None:
        return False
    file = Path(location)
    if not file.exists() or file.read_text(encoding="utf-8").strip() != fault:
        return False
    file.unlink()
    return True
