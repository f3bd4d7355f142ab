"""The rules of the network: one package per contract, all of the same shape."""
