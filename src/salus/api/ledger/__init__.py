"""The ledger over HTTP: its blocks, proofs and log for anybody to read, batches for the node to take.

Nothing here is to be believed for itself: tips, headers and notes are signed, values and entries proved under them.
A process that follows a node offers the same from its replica, and hands batches on.
"""

from salus.api.ledger.batches import OPERATIONS as BATCHES
from salus.api.ledger.blocks import OPERATIONS as BLOCKS
from salus.api.ledger.log import OPERATIONS as LOG
from salus.api.ledger.proofs import OPERATIONS as PROOFS
from salus.api.ledger.snapshots import OPERATIONS as SNAPSHOTS
from salus.api.ledger.start import OPERATIONS as START
from salus.api.ledger.tip import OPERATIONS as TIP
from salus.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (*TIP, *BLOCKS, *PROOFS, *LOG, *BATCHES, *START, *SNAPSHOTS)
