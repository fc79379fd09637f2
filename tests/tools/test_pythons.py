"""Which Pythons the pinned versions serve: all who say it agree, and `make` refuses any other."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PYTHONS = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
FAKE = """#!/bin/sh
shift
exec {python} -c "import sys; sys.version_info = ({version}, 0, 'final', 0); exec(sys.argv[1])" "$1"
"""


def words(last: str) -> str:
    return f"{', '.join(PYTHONS[:-1])} {last} {PYTHONS[-1]}"


def test_all_who_say_it_agree() -> None:
    said = {
        "Makefile": f"'Python {words('or')} is needed",
        "README.md": f"needs Python {words('or')}",
        "index.md": f"needs only Python {words('or')}",
        "environment.yml": f"Python {PYTHONS[0]} to {PYTHONS[-1]}",
        ".github/workflows/check.yml": "python: [{}]".format(", ".join(f'"{p}"' for p in PYTHONS)),
        ".github/workflows/dependencies.yml": f'python-version: "{PYTHONS[-1]}"',
    }
    for name, text in said.items():
        assert text in (ROOT / name).read_text(encoding="utf-8"), name
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"


def make(version: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """`make book` in a fresh clone, with a Python that says it is of this version."""
    if sys.platform == "win32" or not shutil.which("make"):
        pytest.skip("needs make and a shell")
    for name in ("Makefile", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    python = folder / "python"
    fake = FAKE.format(python=shlex.quote(sys.executable), version=version.replace(".", ", "))
    python.write_text(fake, encoding="utf-8")
    python.chmod(0o755)
    return subprocess.run(
        ["make", "book", "PYTHON=./python"],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize("version", ["3.10", "3.15", "4.0"])
def test_other_pythons_are_refused_in_one_line(version: str, tmp_path: Path) -> None:
    done = make(version, tmp_path)
    line, *rest = done.stderr.splitlines()
    assert line.startswith(f"Python {words('or')} is needed, and ./python is another.")
    assert all(text.startswith("make: ***") for text in rest)
    assert (done.returncode, done.stdout) == (2, "")
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("version", PYTHONS)
def test_these_pythons_are_taken(version: str, tmp_path: Path) -> None:
    """Far enough to be asked for an environment, which the fake cannot make."""
    done = make(version, tmp_path)
    assert done.stdout == "./python -m venv .venv\n"
    assert "is needed" not in done.stderr
