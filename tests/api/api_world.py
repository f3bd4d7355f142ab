"""A region served in this process, and clients that sign as its members and people do."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from starlette.applications import Starlette

from e2e.story_region import Story, found
from salus.api.guard import SignedGuard
from salus.bootstrap.serving import serving
from salus.client.signing import sign_request
from salus.core.signatures import SigningKey

HOST = "salus.test"
URL = f"http://{HOST}"


@dataclass(frozen=True, slots=True)
class World:
    """A story's region behind its HTTP application."""

    story: Story
    app: Starlette

    def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        media_type: str = "",
        *,
        signed_by: SigningKey | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx2.Response:
        """Send one request, signed by a key where one is given; return the answer."""
        request = httpx2.Request(method, f"{URL}{path}", content=body, headers=headers)
        if media_type:
            request.headers["content-type"] = media_type
        if signed_by is not None:
            sign_request(request, self.story.region.network, signed_by, body)
        return self.send(request)

    def send(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request as it is."""

        async def sent() -> httpx2.Response:
            transport = httpx2.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=transport) as client:
                return await client.send(request)

        return asyncio.run(sent())

    def refused(self, *arguments: Any, **named: Any) -> tuple[int, int]:
        """Send a request that is refused; return (status, code) of its problem details."""
        answer = self.call(*arguments, **named)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        return answer.status_code, answer.json()["code"]


@contextmanager
def world(home: Path) -> Iterator[World]:
    """Found the stories' region in `home` and serve it."""
    with found(home) as story, serving(story.region, SignedGuard(lambda: frozenset((HOST,)))) as app:
        yield World(story, app)
