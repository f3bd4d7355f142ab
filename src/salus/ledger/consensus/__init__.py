"""The engine of a consortium: CometBFT orders the batches, and this end of its socket executes and keeps them."""
