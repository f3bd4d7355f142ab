"""Tables of the index. The file is encrypted as a whole, so names and identifiers may stand here.

A row of `versions` or `access` has the id `relation number << 32 | position in the log`: one relation's
rows lie together, in the order of its log, and appending touches the fewest pages.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

SCHEMA: Final = 1  # what `meta` must say; a higher number is refused, a lower one migrated
POSITION_BITS: Final = 32

metadata = MetaData()

meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", LargeBinary, nullable=False))

relations = Table(
    "relations",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("relation", LargeBinary, nullable=False, unique=True),
    Column("wrapped_key", LargeBinary),  # null once destroyed
    Column("log_size", Integer, nullable=False),
    Column("log_root", LargeBinary, nullable=False),
    Column("map_root", LargeBinary, nullable=False),
    Column("access_size", Integer, nullable=False),
    Column("access_root", LargeBinary, nullable=False),
    Column("changed", Integer, nullable=False),  # 1: since the newest opening was made
    Index("relations_changed", "changed"),
)

versions = Table(
    "versions",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("record", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("header", LargeBinary, nullable=False),  # dCBOR LeafHeader; this and the two below empty once erased
    Column("secrets", LargeBinary, nullable=False),  # leaf salt (32), content salt (32), wrapped data key (40)
    Column("sealed", LargeBinary),  # null: a blob, named by the header's cipher digest
)

blobs = Table(
    "blobs",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("id", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
)

access = Table(
    "access",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("entry", LargeBinary, nullable=False),
)

openings = Table(
    "openings",
    metadata,
    Column("number", Integer, primary_key=True),  # of the relation
    Column("seq", Integer, primary_key=True),
    Column("opening", LargeBinary, nullable=False),  # dCBOR RelationOpening
    Column("root", LargeBinary, nullable=False),
    Column("state", Integer, nullable=False),  # PENDING or ANCHORED
    Column("height", Integer),  # of the block that anchored it
    Index("openings_state", "state", "number", "seq"),
)

directives = Table(
    "directives",
    metadata,
    Column("directive", LargeBinary, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("sealed_part", LargeBinary, nullable=False),
    Index("directives_number", "number"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

shared = Table(
    "shared",
    metadata,
    Column("type", Text, primary_key=True),
    Column("name", Text, primary_key=True),  # the resource's logical id
    Column("version", Integer, primary_key=True),
    Column("octets", LargeBinary, nullable=False),
    Column("media_type", Text, nullable=False),
)

identifiers = Table(
    "identifiers",
    metadata,
    Column("type", Text, primary_key=True),
    Column("system", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("target", Text, nullable=False),  # logical id of the resource; of a Patient, its relation in hex
)

imports = Table(
    "imports", metadata, Column("digest", LargeBinary, primary_key=True), Column("records", Integer, nullable=False)
)

# Where records lie, for who names one without its relation. Derived from `versions` when it is asked for (`places.py`):
# random keys would make each deposit touch as many pages as it has records.
places = Table(
    "places",
    metadata,
    Column("record", LargeBinary, primary_key=True),
    Column("number", Integer, primary_key=True),  # of the relation
    sqlite_with_rowid=False,
)

placed = Table(
    "placed",
    metadata,
    Column("number", Integer, primary_key=True),  # of the relation
    Column("size", Integer, nullable=False),  # of its log, as far as `places` has it
)

PENDING: Final = 0
ANCHORED: Final = 1
