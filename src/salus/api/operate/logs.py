"""Logs as JSON lines, of what is known to say nothing of anybody.

A line has time, level, logger, a fixed text and fields from a list; whatever else a record holds (arguments, a
traceback, a field that nobody thought of) is left out. What libraries log is left out but for the fact that they did,
and the class of the error that they log, if there is one.
"""

import logging
import sys
from datetime import UTC, datetime
from typing import Literal, TextIO

import orjson

Level = Literal["off", "warning", "info"]
OWN = "salus"
OF_NETWORKS = ("request", "height", "round", "count", "node", "what")  # nodes by their number
FIELDS = ("operation", "status", "ms", "act", "kind", "place", "code", "trace", *OF_NETWORKS)
_TEXTS = (int, float, str)
_LEVELS = {"warning": logging.WARNING, "info": logging.INFO}


class Lines(logging.Formatter):
    """One JSON object a record, in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        own = record.name.partition(".")[0] == OWN and not record.args and isinstance(record.msg, str)
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name if own else record.name.partition(".")[0],
            "text": record.msg if own else "(of a library, or with values: left out)",
        }
        if not own and record.exc_info is not None and record.exc_info[0] is not None:
            line["kind"] = record.exc_info[0].__name__
        for name in FIELDS if own else ():
            value = getattr(record, name, None)
            if type(value) in _TEXTS:
                line[name] = value
        return orjson.dumps(line).decode()


def start_logging(level: Level, stream: TextIO | None = None) -> None:
    """Write lines of this level and above to a stream, standard error by default; of libraries warnings and above."""
    root, own = logging.getLogger(), logging.getLogger(OWN)
    for handler in list(root.handlers):
        root.removeHandler(handler)
    if level == "off":
        root.addHandler(logging.NullHandler())
        return
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Lines())
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    own.setLevel(_LEVELS[level])
