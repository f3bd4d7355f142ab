"""Exceptions for some purposes or recipients only: at a question they count like the others, or not at all."""

from collections.abc import Sequence

from msgspec.structs import replace

from salus.policy.prepared import Prepared
from salus.policy.public import Asked, implied, names
from salus.policy.question import Held
from salus.policy.types import SealedPart


def focused(prepared: Prepared, asked: Asked) -> Prepared:
    """Return the directives as they hold for what is asked; the very ones where none has focused exceptions."""
    if not any(part is not None and part.focused for _, part in (*prepared.permits, *prepared.denies)):
        return prepared
    return Prepared(prepared.relation, _focused(prepared.permits, asked), _focused(prepared.denies, asked))


def _focused(held: Sequence[Held], asked: Asked) -> tuple[Held, ...]:
    return tuple((directive, None if part is None else focused_on(part, asked)) for directive, part in held)


def focused_on(part: SealedPart, asked: Asked) -> SealedPart:
    """Return the part as it holds for what is asked: its focused exceptions among the exceptions, or left out.

    Purpose and recipient are always known, so there is no doubt to be settled on either side.
    """
    if not part.focused:
        return part
    held = tuple(
        (one.effect, one.provision)
        for one in part.focused
        if (not one.purposes or implied(one.purposes, asked))
        and (not one.grantees or any(names(grantee, asked.recipient) for grantee in one.grantees))
    )
    return replace(part, exceptions=part.exceptions + held, focused=())
