"""A layer is a query per table: how its rows are made of what the layer before has gained."""

from __future__ import annotations


class ModuleBroken(RuntimeError):
    """A dataset's own code cannot be imported, lacks what its contract asks for, or does not fit its tables."""
