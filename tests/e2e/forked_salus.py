"""A `salus` that starts at once: a process that has imported everything and forks for each call.

Each call is a process of its own with its own folder, environment and streams, as from a shell; only the second that
Python takes to import the libraries is spent once. Argon2id is at its least.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

CLIENT = """#!{python} -SE
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({path!r})
    socket.send_fds(server, [json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()], [0, 1, 2])
    sys.exit(server.recv(1)[0])
"""


@contextmanager
def forked_salus(program: Path, ahead: Path | None = None) -> Iterator[None]:
    """Put an executable at `program` that runs `salus` while the block runs; on a clock that a file puts ahead."""
    path = str(program.with_name("socket"))
    program.write_text(CLIENT.format(python=sys.executable, path=path))
    program.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, __file__, path, *(() if ahead is None else (str(ahead),))], stdout=subprocess.PIPE
    ) as server:
        try:
            assert server.stdout is not None and server.stdout.readline() == b"ready\n"
            yield
        finally:
            server.terminate()


def serve(path: str, *ahead: str) -> None:
    """Answer calls until the process is ended."""
    from salus_on_a_clock import put_ahead

    from salus.cli.main import GROUPS, run
    from salus.vault import keystore

    for file in ahead:
        put_ahead(Path(file))
    for name in GROUPS:
        import_module(f"salus.cli.{name}")
    keystore.MEMORY_KIB, keystore.ITERATIONS = 128, 1
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        print("ready", flush=True)
        while True:
            call, _ = server.accept()
            if os.fork() == 0:
                message, streams, _, _ = socket.recv_fds(call, 1 << 20, 3)
                arguments, folder, environment = json.loads(message)
                os.chdir(folder)
                os.environ.clear()
                os.environ.update(environment)
                for number, stream in enumerate(streams):
                    os.dup2(stream, number)
                status = run(arguments)
                call.send(bytes((status,)))
                os._exit(status)
            call.close()


if __name__ == "__main__":
    serve(*sys.argv[1:])
