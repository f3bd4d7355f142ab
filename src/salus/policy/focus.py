"""Exceptions for some purposes or recipients only: at a question they count like the others, or not at all."""

from msgspec.structs import replace

from salus.policy.public import Asked, implied, names
from salus.policy.types import SealedPart


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
