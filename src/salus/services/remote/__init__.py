"""Members elsewhere: where their gateways are, letters and envelopes to them over HTTP, what waits for them."""
