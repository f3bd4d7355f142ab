"""Short questions to a node of the network on the ways that are open anyway: CometBFT's RPC, the server's readiness."""

import ssl
from pathlib import Path
from typing import Any

import httpx2
import orjson

from salus.bootstrap.network.errors import NodeSilent

MOST_BYTES = 4 * 1024**2
ANSWER_S = 3.0


class Asking:
    """An HTTP client that believes nothing it hears: what it brings is shown, not relied on."""

    def __init__(self, ca: Path | None = None, answer_s: float = ANSWER_S) -> None:
        context = ssl.create_default_context(cafile=ca) if ca is not None else True
        self._client = httpx2.Client(verify=context, timeout=answer_s, trust_env=False, follow_redirects=False)

    def rpc(self, url: str, method: str, **parameters: object) -> dict[str, Any]:
        """Return the `result` of a method of CometBFT's RPC; raise NodeSilent.

        https://docs.cometbft.com/v0.38/rpc/
        """
        found = self._get(f"{url.rstrip('/')}/{method}", {name: str(value) for name, value in parameters.items()})
        result = found.get("result")
        if not isinstance(result, dict):
            raise NodeSilent
        return result

    def ready(self, url: str) -> dict[str, Any]:
        """Return what a Salus server says of its readiness; raise NodeSilent."""
        return self._get(f"{url.rstrip('/')}/ready", {})

    def health(self, url: str) -> dict[str, Any]:
        """Return what a Salus server says of its being alive; raise NodeSilent."""
        return self._get(f"{url.rstrip('/')}/health", {})

    def _get(self, url: str, parameters: dict[str, str]) -> dict[str, Any]:
        try:
            with self._client.stream("GET", url, params=parameters) as answer:
                body = b""
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise NodeSilent
            found = orjson.loads(body)
        except (httpx2.HTTPError, httpx2.InvalidURL, orjson.JSONDecodeError):
            raise NodeSilent from None
        if not isinstance(found, dict):
            raise NodeSilent
        return found

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> "Asking":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
