"""A browser, and an address for the built book: for the tests, and for Lighthouse."""

import functools
import gzip
import http.server
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Lighthouse needs the browser, but not Playwright
    from playwright.sync_api import Browser, Playwright

SHELL = "chromium-headless-shell"  # Chromium without what draws its windows
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
CHANNELS = ["chrome", "msedge"]  # as installed on macOS and Windows
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ABSENT = f"no browser found: one of {', '.join([SHELL, *BROWSERS])} is needed"
COMPRESSED = {".css", ".html", ".js", ".json", ".svg"}


def executable() -> str | None:
    """The path of the first browser found, if any."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def launch(playwright: "Playwright") -> "Browser | None":
    """The first browser found, if any, without a window: the shell does it with less work."""
    from playwright.sync_api import Error

    if path := shutil.which(SHELL) or executable():
        return playwright.chromium.launch(executable_path=path, args=SWITCHES)
    for channel in CHANNELS:
        try:
            return playwright.chromium.launch(channel=channel, args=SWITCHES)
        except Error:
            continue
    return None


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves text compressed, and lets the browser keep what it has, without a word."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """One file, or 404."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Cache-Control", "max-age=31536000")
        if path.suffix in COMPRESSED:
            data = gzip.compress(data, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of the folder on this machine."""
    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
