"""Random lives of people and organisations, against a model that knows nothing of the contracts' code."""
