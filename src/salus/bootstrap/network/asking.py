"""What a Salus server says to anybody: whether it is alive, and ready."""

from pathlib import Path
from typing import Any

import httpx2
import orjson

from salus.bootstrap.network.errors import ServerSilent
from salus.client.tls import trusting

MOST_BYTES = 64 * 1024
ANSWER_S = 3.0


class Asking:
    """An HTTP client that believes nothing it hears: what it brings is shown, not relied on."""

    def __init__(self, ca: Path | None = None, answer_s: float = ANSWER_S) -> None:
        self._client = httpx2.Client(verify=trusting(ca), timeout=answer_s, trust_env=False, follow_redirects=False)

    def ready(self, url: str) -> dict[str, Any]:
        """Return what a Salus server says of its readiness; raise ServerSilent."""
        return self._get(f"{url}/ready")

    def health(self, url: str) -> dict[str, Any]:
        """Return what a Salus server says of its being alive; raise ServerSilent."""
        return self._get(f"{url}/health")

    def _get(self, url: str) -> dict[str, Any]:
        try:
            with self._client.stream("GET", url) as answer:
                body = b""
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise ServerSilent
            found = orjson.loads(body)
        except (httpx2.HTTPError, httpx2.InvalidURL, orjson.JSONDecodeError):
            raise ServerSilent from None
        if not isinstance(found, dict):
            raise ServerSilent
        return found

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> "Asking":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
