"""Why a replica without a validator cannot begin."""

from salus.core.errors import Kind, Refusal


class NoSnapshot(Refusal):
    code, kind = 0x7068, Kind.UNAVAILABLE
    text = (
        "No member's server gives a snapshot that leads to a verified header. Try again later, or fetch every block: "
        'without `"begin": "snapshot"` in consensus.json.'
    )
