"""Rebuild: a changed transformation makes its table anew, from the layer before, into a path of its own; compared, then swapped.

Nothing is rewritten in place, and nothing is swapped that lacks a row of the old table, unless somebody accepts the loss: a row can
lack because its source's retention has passed.

Restore: the same, but the new table begins with the rows of an old version; what came since is added by computing it again, so that
what the checkpoints have passed is not lost.
"""
