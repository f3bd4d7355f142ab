"""What who runs it asks: is it alive, is it ready, its figures, what it offers."""
