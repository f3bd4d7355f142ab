"""Write docs/reference/openapi.json and http.md from the operations. With --check: exit 1 if they are not current."""

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from salus.api.openapi import document
from salus.api.operation import Operation, Who
from salus.bootstrap.serving import OPERATIONS

DOCS = Path(__file__).parents[1] / "docs/reference"
HEAD = """# HTTP

Made by `python scripts/http_reference.py` from the operations themselves; do not edit. `openapi.json` beside this
page, and `/openapi.json` of a running server, say the same for programs.

What machines tell one another is deterministic CBOR or COSE as [formats](../formats.md) has it; what people and
browsers read is JSON. Ids are lower-case hex. `{org}` is an organisation's short name. With the region of
[first steps](../start.md) being served:

```sh
curl http://127.0.0.1:8080/ledger/status
curl http://127.0.0.1:8080/explorer/blocks
```

For what must be signed use the [client library](client.md).

- **Signed by** says whose key signs the request (HTTP Message Signatures, RFC 9421, tag `salus/1`, over method,
  authority, path, query and the body's digest). *anyone*: public data, or a body that is signed itself.
- A refusal is problem details (RFC 9457) with a stable `code`, and repeats nothing of what was sent. 401: who is it;
  403: may not; 404: is not here; 409: the state moved on, or it was done; 410: over, or erased; 429 and 503: later,
  `Retry-After` says when.
- Under `/{org}/fhir` a refusal is an OperationOutcome instead, with the same code in `details`.
- Any request may be refused before it comes to an operation: 405 (`Allow` names the methods), 408 and 431 (its head is
  slow, or large), 414 (its target is longer than 8 KiB), 421 (for another host), 403 (from a page of another origin). A
  body comes without Content-Encoding. Each GET can be asked by HEAD.
- A post of envelopes is answered once the block that holds them is durable. Posting the same envelope again, after an
  answer was lost, gives the same answer; it is never executed twice. An envelope that was executed and refused has a
  code in a 200.
- A request, a page, a look-up are answered with a sealed letter, which `Salus-Letter` names. Whoever goes away before
  all of it was sent gets it as a letter in the inbox; the same request posted again within ten minutes gets the same
  answer.
- A caller's `traceparent` (W3C Trace Context) is taken up, and goes along with what is asked of others.
"""


def pages() -> dict[str, str]:
    """Return what each file should hold, by name."""
    made = document(OPERATIONS, version("salus"))
    return {"openapi.json": json.dumps(made, indent=1, ensure_ascii=False) + "\n", "http.md": "".join(_page())}


def _page() -> Iterator[str]:
    yield HEAD
    listed = sorted((one for one in OPERATIONS if one.in_document), key=lambda one: one.tag)
    for tag, operations in groupby(listed, key=lambda one: one.tag):
        yield f"\n## {tag.capitalize()}\n\n| operation | what for | signed by | takes | gives |\n"
        yield "|---|---|---|---|---|\n"
        yield from map(_row, operations)


def _row(operation: Operation) -> str:
    path = re.sub(r"\{(\w+):\w+\}", r"{\1}", operation.path)
    takes = ", ".join(dict.fromkeys(content.media_type for content in operation.takes))
    gives = ", ".join(
        dict.fromkeys(content.media_type for status in operation.gives for content in operation.given(status))
    )
    who = "" if operation.who is Who.ANYONE else operation.who.value
    cells = (f"`{operation.method} {path}`", operation.summary.rstrip("."), who or "anyone", takes or "–", gives or "–")
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def main() -> None:
    stale = [name for name, text in pages().items() if not (file := DOCS / name).exists() or file.read_text() != text]
    if "--check" in sys.argv[1:]:
        sys.exit(f"stale: {', '.join(stale)}; run python scripts/http_reference.py" if stale else 0)
    for name, text in pages().items():
        (DOCS / name).write_text(text)


if __name__ == "__main__":
    main()
