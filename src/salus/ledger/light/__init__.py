"""The engine of whoever has no validator: a replica whose blocks come from any nodes of CometBFT, believed nothing.

A light client verifies which block is the newest; each block up to there is held against the votes for it and executed
here. More than two thirds of the validators' power would have to lie together, and would leave the proof of it.
"""

from salus.ledger.light.ledger import LightLedger

__all__ = ["LightLedger"]
