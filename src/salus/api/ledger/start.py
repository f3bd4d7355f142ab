"""The export that a pruned ledger begins with: whoever starts to follow needs it in the place of the blocks before."""

from starlette.responses import Response

from salus.api.ledger.errors import NothingPruned
from salus.api.ledger.parameters import in_path
from salus.api.operation import Call, Content, Operation

BYTES = "application/octet-stream"


async def start_file(call: Call) -> Response:
    """Return one file of the export, as the node's signed point names it."""
    try:
        raw = await call.served.work.run(call.served.ledger.start_file, call.path("name"))
    except LookupError:
        raise NothingPruned from None
    return Response(raw, media_type=BYTES)


OPERATIONS = (
    Operation(
        "GET",
        "/ledger/export/{name}",
        "ledgerExport",
        "ledger",
        "A file of the export that a pruned ledger begins with.",
        start_file,
        {200: Content(BYTES)},
        parameters=(
            in_path("name", "Of the file.", r"point|entries|manifest\.cbor|chunk-[0-9]{6,9}\.cbor", "manifest.cbor"),
        ),
    ),
)
