"""Linkage: do these words speak of the same person? Pure; what is compared stays with who compares it."""
