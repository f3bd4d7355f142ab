"""HTTP: the only place that speaks it. A folder per standard; what all share is in the modules beside them."""
