"""The FHIR face on a real socket: streamed answers, HEAD, and an answer that is cut where reading fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from threading import Event, Thread

import httpx2
import pytest

from e2e.story_region import START_MS, Story, bundle, found, observation, patient, urn
from salus.api.guard import SignedGuard
from salus.api.server import Listening, make_server
from salus.bootstrap.serving import serving
from salus.client.signing import sign_request

WAIT_S = 30


class Live:
    """North behind a server of this process."""

    def __init__(self, story: Story, host: str) -> None:
        self.story, self.url = story, f"http://{host}/north/fhir"
        self.client = httpx2.Client(timeout=WAIT_S)

    def request(self, method: str, path: str, body: bytes = b"") -> httpx2.Request:
        request = self.client.build_request(method, self.url + path, content=body)
        if body:
            request.headers["content-type"] = "application/fhir+json"
        sign_request(request, self.story.region.network, self.story.north.gateway, body)
        return request

    def send(self, method: str, path: str, body: bytes = b"") -> httpx2.Response:
        return self.client.send(self.request(method, path, body))


@contextmanager
def running(story: Story) -> Iterator[Live]:
    with socket() as listening:
        listening.bind(("127.0.0.1", 0))
        host, started = f"127.0.0.1:{listening.getsockname()[1]}", Event()
        with serving(story.region, SignedGuard(lambda: frozenset((host,)))) as app:
            server = make_server(app, Listening(), started.set)
            thread = Thread(target=server.run, args=([listening],), daemon=True)
            thread.start()
            assert started.wait(WAIT_S)
            live = Live(story, host)
            try:
                yield live
            finally:
                live.client.close()
                server.should_exit = True
                thread.join(WAIT_S)
                assert not thread.is_alive()


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with found(tmp_path / "home") as story, running(story) as made:
        yield made


def test_a_patient_of_many_records_is_streamed_and_cut_where_reading_fails(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = bundle(patient("Alma", "N-1"), *(observation(urn(0), START_MS, n) for n in range(1, 151)))
    answer = live.send("POST", "", body)
    assert answer.status_code == 200
    id_ = answer.json()["entry"][0]["response"]["location"].split("/")[1]
    everything = live.send("GET", f"/Patient/{id_}/$everything?_count=500")
    assert everything.headers["transfer-encoding"] == "chunked"
    assert len(everything.json()["entry"]) == everything.json()["total"] == 151
    head = live.send("HEAD", f"/Patient/{id_}")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", 'W/"1"')

    vault, read = live.story.north.vault, live.story.north.vault.read
    last = everything.json()["entry"][-1]["resource"]["id"]

    def failing(scope: object, record: bytes, version: int | None = None) -> object:
        if record.hex() == last:
            raise OSError
        return read(scope, record, version)  # type: ignore[arg-type]

    monkeypatch.setattr(vault, "read", failing)
    with pytest.raises(httpx2.RemoteProtocolError):
        live.send("GET", f"/Patient/{id_}/$everything?_count=500")
    assert live.send("GET", "/Patient?identifier=urn:oid:1.2.3.4%7CN-1").json()["total"] == 1
