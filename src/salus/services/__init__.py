"""Use cases: one file per verb, over an organisation or a person. README.md lists them."""
