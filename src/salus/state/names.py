"""Names under which a checkpoint keeps what lies beside the tree: those of ours begin with a zero byte."""

HEIGHT = b"\x00height"  # 8 bytes, big-endian
DEPTH = b"\x00depth"  # of the heap, 1 byte
ROOT = b"\x00root"
LOG = b"\x00log"  # frontier of the event log (`merkle.log`)
LOG_TABLE = "log"  # tiles of the event log (`state.events`)

DEEPEST = 26  # more levels would be 4 GiB of nodes: a deeper tree is damage
