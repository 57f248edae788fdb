"""Silver: typed and checked records, each key once; what breaks a rule goes to quarantine; every record is accounted for.

The transforms are pure (`DataFrame -> DataFrame`); batch.py is the plumbing.
"""
