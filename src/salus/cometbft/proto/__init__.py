"""The messages of CometBFT; the `*_pb2` modules are made of the `.proto` files by scripts/protobuf.py."""
