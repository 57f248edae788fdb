"""A layer is a query per table: how its rows are made of what the layer before has gained."""
