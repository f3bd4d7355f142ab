"""The directory at a node: where members' gateways are, and public sealing keys."""
