"""Vectors of every format, the script that makes them, and the tests that hold them."""
