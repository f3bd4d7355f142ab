"""A network over CometBFT: homes of its members, what CometBFT reads, the two processes of a member."""
