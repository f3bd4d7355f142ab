"""The state of one node: nested overlays, and the committed key-value store with its tree."""
