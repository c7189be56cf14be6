"""A server on loopback that answers as a function says, and remembers every byte that it was asked."""

import json
import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from werkzeug import Request, Response
from werkzeug.serving import make_server

Answer = Callable[[Request], Response]


def _maintenance() -> Response:
    return Response("<html>Estamos de obras</html>", 503, content_type="text/html")


class AServer:
    """`with AServer(answer) as server:` and `server.url` answers; several threads may ask at once."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._lock = threading.Lock()
        self.asked: list[str] = []
        """Each request as `GET /path?query`, decoded."""
        self.heard = b""
        """Every request whole: its line, its headers, its body."""
        self.said = b""
        """Every answer's body."""
        self.is_down = False
        """Then whoever asks gets the maintenance page of the host before it."""
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        self._server = make_server("127.0.0.1", 0, self._respond, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.url = f"http://127.0.0.1:{self._server.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, where: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @Request.application
    def _respond(self, request: Request) -> Response:
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers)
        line = f"{request.method} {request.environ.get('RAW_URI', request.full_path)}\r\n"
        query = "&".join(f"{name}={value}" for name, value in request.args.items(multi=True))
        with self._lock:
            self.heard += (line + head + "\r\n").encode() + request.get_data()
            self.asked.append(f"{request.method} {request.path}" + (f"?{query}" if query else ""))
            answer = _maintenance() if self.is_down else self._answer(request)
            self.said += answer.get_data()
            return answer


def as_json(body: Any, status: int = 200, **headers: str) -> Response:
    return Response(json.dumps(body), status, headers, content_type="application/json")
