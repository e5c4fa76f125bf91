"""HTTP on loopback, a thread for each connection, kept alive."""

import threading
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

HOST = "127.0.0.1"


class _Handler(WSGIRequestHandler):
    """Keeps connections open; sends small answers at once; writes no line for each request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    timeout = 120

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are in the journal, where they matter."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """What a client did to its connection is no concern of the log."""


class Server:
    """A listening server; `start` answers, `stop` waits until nothing is answered any more."""

    def __init__(self, application: Any, port: int, last: int) -> None:
        """Listen on `port`, or where it is 0 on `last` if that is still free, else on any port."""
        self._server = _listen(application, port or last, fall_back=not port)
        self._thread = threading.Thread(target=self._server.serve_forever, name="api", daemon=True)
        self.port = self._server.server_address[1]
        self.endpoint = f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Answer requests in threads of their own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


def _listen(application: Any, port: int, fall_back: bool) -> BaseWSGIServer:
    import socket

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        if not fall_back:
            raise
        listener.bind((HOST, 0))
    listener.listen(128)
    with listener:
        server = make_server(
            HOST,
            listener.getsockname()[1],
            application,
            threaded=True,
            request_handler=_Handler,
            fd=listener.fileno(),
        )
    server.daemon_threads = True  # type: ignore[attr-defined]
    return server
