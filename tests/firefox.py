"""Firefox as it is installed, driven by Marionette, the protocol that it has built in.

Playwright needs a Firefox of its own build. A message is JSON behind its length; see
https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html.
"""

import json
import re
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

PATIENCE = 120  # seconds, where other tests keep the processors busy
ENTER = "\ue007"  # the key, in what is typed


class Firefox:
    """A window that nobody sees, with a profile in an empty folder."""

    def __init__(self, program: str, profile: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        preference = f'user_pref("marionette.port", {self.port});\n'
        (profile / "user.js").write_text(preference, encoding="utf-8")
        self.process = subprocess.Popen(
            [program, "--headless", "--marionette", "--no-remote", "--profile", str(profile)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.connection = self._connect()
        self.stream = self.connection.makefile("rb")
        self._read()  # the greeting
        self.command("NewSession")

    def _connect(self) -> socket.socket:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
            except ConnectionRefusedError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def _read(self) -> Any:
        length = 0
        while (byte := self.stream.read(1)) != b":":
            length = 10 * length + int(byte)
        return json.loads(self.stream.read(length))

    def command(self, name: str, **parameters: Any) -> Any:
        """What a command of WebDriver answers; an error of its is one here."""
        message = json.dumps([0, 0, f"WebDriver:{name}", parameters]).encode()
        self.connection.sendall(f"{len(message)}:".encode() + message)
        _, _, error, result = self._read()
        if error:
            raise RuntimeError(f"{name}: {error['error']}: {error['message']}")
        return result

    def script(self, code: str, *arguments: Any) -> Any:
        """The value that a script of the page returns."""
        return self.command("ExecuteScript", script=code, args=arguments)["value"]

    def element(self, path: str) -> str:
        """The first element of an XPath, by its identity."""
        (identity,) = self.command("FindElement", using="xpath", value=path)["value"].values()
        return str(identity)

    def click(self, path: str) -> None:
        self.command("ElementClick", id=self.element(path))

    def type(self, path: str, text: str) -> None:
        self.command("ElementSendKeys", id=self.element(path), text=text)

    def see(self, path: str, pattern: str) -> None:
        """Wait until the text of an element has the pattern."""
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, text := self.text(path)):
            assert time.monotonic() < end, f"expected {pattern}, got {text}"
            time.sleep(0.1)

    def text(self, path: str) -> str:
        return str(self.command("GetElementText", id=self.element(path))["value"])

    def close(self) -> None:
        self.stream.close()
        self.connection.close()
        self.process.terminate()
        self.process.wait()
