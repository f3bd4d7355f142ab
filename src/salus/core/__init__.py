"""Encoding, hashes, ids, signatures, refusals: what every other package stands on."""
