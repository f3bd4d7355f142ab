"""The explorer: what the ledger says, as JSON in plain words, for the portal and for programs.

Everything here is public: it stands on the ledger, and nothing of any person's data does. Nothing is joined by a
person's account either: there is no list of the lines about one.
"""
