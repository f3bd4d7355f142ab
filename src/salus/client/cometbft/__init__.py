"""A client of CometBFT's RPC: batches are sent by it, and blocks, commits and proofs of the state asked for.

Nothing of its answers is believed here but their form.
"""
