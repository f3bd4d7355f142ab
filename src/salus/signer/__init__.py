"""A signer apart from the node: it keeps a validator's key, and signs nothing that contradicts what it signed."""
