"""A published log that somebody serves over HTTP, read as if its files lay here; nothing is believed unchecked."""

from pathlib import Path
from types import TracebackType

import httpx2

from salus.client.published import NotPublished, PublishedLog

TIMEOUT_S = 20.0
MOST_BYTES = 256 * 1024  # above a checkpoint with all signatures, and above any tile


class ServedLog(PublishedLog):
    """The log under a monitoring prefix (https://c2sp.org/tlog-tiles). What was read is kept; a context manager."""

    def __init__(self, prefix: str, client: httpx2.Client | None = None) -> None:
        super().__init__(Path())
        self._prefix = prefix.rstrip("/")
        self._client = client or httpx2.Client(timeout=TIMEOUT_S)
        self._tiles: dict[str, bytes | None] = {}

    def __enter__(self) -> "ServedLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def _read(self, path: str) -> bytes | None:
        """Return a file by its path, None where the server has none; raises NotPublished where nobody answers."""
        if path not in self._tiles or not path.startswith("tile/"):
            self._tiles[path] = self._get(path)
        return self._tiles[path]

    def _get(self, path: str) -> bytes | None:
        try:
            with self._client.stream("GET", f"{self._prefix}/{path}") as answer:
                if answer.status_code != 200:
                    return None
                raw = bytearray()
                for part in answer.iter_bytes():
                    raw += part
                    if len(raw) > MOST_BYTES:
                        return None
                return bytes(raw)
        except (httpx2.HTTPError, httpx2.InvalidURL):
            raise NotPublished from None
