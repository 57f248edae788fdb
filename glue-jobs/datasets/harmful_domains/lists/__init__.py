"""Exports: lists of harmful names in the formats that resolvers and people load (docs/lists.md)."""
