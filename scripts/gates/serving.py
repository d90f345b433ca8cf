"""A built site served as a host serves it: compressed, with types, and with its security policy."""

import gzip
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from book import policy

COMPRESSED = {".html", ".css", ".js", ".json", ".svg", ".xml", ".ipynb", ".txt"}


@cache
def compressed(path: str, changed: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 6, mtime=0)


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.partition("?")[0].endswith("/"):
            path /= "index.html"
        if not path.is_file():
            super().do_GET()
            return
        packed = path.suffix in COMPRESSED and "gzip" in self.headers.get("Accept-Encoding", "")
        body = compressed(str(path), path.stat().st_mtime_ns) if packed else path.read_bytes()
        self.send_response(200)
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        # Browsers heed it with documents and workers; and hosts, which speak HTTP/2, send what is the same only once.
        if Path(self.translate_path(self.path)).suffix in ("", ".html", ".js"):
            self.send_header("Content-Security-Policy", policy.read(Path(self.directory)))
        super().end_headers()

    def guess_type(self, path: Any) -> str:
        known = {".js": "text/javascript", ".json": "application/json", ".woff2": "font/woff2", ".html": "text/html; charset=utf-8"}
        return known.get(Path(path).suffix) or super().guess_type(path)

    def log_message(self, *_: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    """A server that two busy browsers do not outrun, and that takes a page left half-way for what it is."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def served(folder: Path, port: int = 0, handler: type[SimpleHTTPRequestHandler] = Handler) -> Iterator[str]:
    """The folder at a port of this machine, by default a free one; yields its address, ending in a slash."""
    server = Server(("127.0.0.1", port), partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
