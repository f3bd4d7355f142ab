"""Lets the locked schemathesis draw with the locked Hypothesis and jsonschema-rs, which are newer than it knows.

Each piece steps in only where it is missing, so that a later schemathesis goes its own way.
"""

from typing import Any

import jsonschema_rs
from hypothesis.internal.conjecture.utils import many
from schemathesis.specs.openapi import _hypothesis as drawing


def _more(elements: Any) -> bool:
    """Return whether to draw one more; hypothesis-jsonschema 0.23 asks so, and Hypothesis is asked by a loop now."""
    if not hasattr(elements, "drawn_by_more"):
        elements.drawn_by_more = iter(elements.__enter__())
    return next(elements.drawn_by_more, elements) is not elements


if not hasattr(many, "more"):
    many.more = _more

if not hasattr(jsonschema_rs.CanonicalSchema, "is_satisfiable"):
    drawing._canonical_strategy_or_none = lambda *arguments: None  # then hypothesis-jsonschema draws
