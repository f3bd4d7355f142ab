"""Connections of a client: what is left of them when they are closed."""

import socket
import threading
from typing import Any

import pytest

from salus.client.http import Connections

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def answer_once(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.settimeout(10)
        connection.recv(1000)
        connection.sendall(ANSWER)
        assert connection.recv(1) == b"", "the other end is closed"


def test_what_is_opened_while_they_are_closed_is_closed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    connections, opened, connect = Connections(), [], socket.create_connection

    def connect_late(*arguments: Any, **more: Any) -> socket.socket:
        opened.append(connect(*arguments, **more))
        connections.close()  # as another thread does just then
        return opened[-1]

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        answering = threading.Thread(target=answer_once, args=(server,))
        answering.start()
        monkeypatch.setattr(socket, "create_connection", connect_late)
        answer = connections.request("GET", f"http://127.0.0.1:{server.getsockname()[1]}/")
        answering.join(10)
    assert (answer.status, answer.body) == (200, b"ok")
    assert [one.fileno() for one in opened] == [-1]
    assert not answering.is_alive()
