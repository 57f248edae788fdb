"""What the lake holds: a module per dataset, of its name, with what computes its tables (glue-jobs/medallion/modules.py)."""
