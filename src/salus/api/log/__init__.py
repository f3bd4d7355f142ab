"""The published log: its signed checkpoint and its tiles. https://c2sp.org/tlog-tiles"""
