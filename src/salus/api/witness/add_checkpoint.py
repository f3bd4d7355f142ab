"""`add-checkpoint`: a log asks for a cosignature. https://c2sp.org/tlog-witness#add-checkpoint

The statuses are the protocol's: 404 for a log that is not known, 403 for a signature that is not the log's, 409 with
the size cosigned last (text/x.tlog.size) where the old size is another, 409 for another root of the same size, 422 for
a proof that does not hold.
"""

from collections.abc import Callable

from starlette.responses import Response

from salus.api.operation import TEXT, Call, Content, Operation
from salus.api.problem import problem
from salus.api.work import Work
from salus.services.add_checkpoint import MOST_BYTES, NotGrown, OtherOldSize, add_checkpoint
from salus.services.witness import Witness

SIZE = "text/x.tlog.size"
OCTETS = "application/octet-stream"


def operations(witness: Witness, work: Work, now_s: Callable[[], float]) -> tuple[Operation, ...]:
    """Return the one operation of a witness."""

    async def add(call: Call) -> Response:
        try:
            line = await work.run(add_checkpoint, witness, call.body, int(now_s()))
        except OtherOldSize as refusal:
            return Response(f"{refusal.size}\n", 409, media_type=SIZE)
        except NotGrown as refusal:
            return problem(refusal, 422)
        return Response(line, media_type=f"{TEXT}; charset=utf-8")

    return (
        Operation(
            "POST",
            "/add-checkpoint",
            "addCheckpoint",
            "witness",
            "Cosign a checkpoint that continues the one cosigned last.",
            add,
            {
                200: Content(TEXT, None, "The cosignature, a line of a signed note."),
                409: Content(SIZE, None, "The size cosigned last; or problem details for two histories."),
            },
            takes=(Content(TEXT), Content(OCTETS), Content("")),
            most_bytes=MOST_BYTES,
            problems=(403, 404, 422),
        ),
    )
