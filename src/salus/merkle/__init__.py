"""Trees and proofs, pure: the sparse tree of the state and of relation maps, the RFC 9162 log, checkpoints."""
