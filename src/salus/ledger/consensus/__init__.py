"""The consensus engine: the application behind CometBFT, over the same folder as the other engines."""
