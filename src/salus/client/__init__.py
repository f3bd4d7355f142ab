"""Talk to a ledger: build and sign envelopes, batch them, wait for durability, check proofs."""
