"""Print every row of an LMDB file. Runs in a process of its own: a damaged page can end it at any point.

    python -m salus.fsck.dump FOLDER

Output: per row the table's number (1 byte), lengths of key and value (4 each, big-endian), key,
value; at the end a byte 255. Keys of a table ascend strictly, or it stops: a damaged page must not
make it run in circles.
"""

import sys
from pathlib import Path

import lmdb

TABLES = (b"values", b"buckets", b"meta", b"rows")
END = b"\xff"


def dump(folder: Path) -> int:
    """Write the rows to standard output; return 0, or 1 if the file cannot be read or is out of order."""
    out = sys.stdout.buffer
    try:
        with lmdb.open(str(folder), max_dbs=len(TABLES), readonly=True, lock=False, create=False) as environment:
            tables = [environment.open_db(name, create=False) for name in TABLES]
            with environment.begin(buffers=True) as transaction:
                for number, table in enumerate(tables):
                    last = None
                    for key, value in transaction.cursor(db=table).iternext():
                        name = bytes(key)
                        if last is not None and name <= last:
                            return 1
                        last = name
                        out.write(bytes((number,)) + len(name).to_bytes(4, "big") + len(value).to_bytes(4, "big"))
                        out.write(name)
                        out.write(value)
    except (lmdb.Error, OSError, ValueError, SystemError, MemoryError):
        return 1
    finally:
        out.flush()
    out.write(END)
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(dump(Path(sys.argv[1])))
