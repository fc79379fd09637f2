"""`make lighthouse` without Node.js: the server, and what is read from a report."""

import gzip
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tools import lighthouse
from tools.browser import served


def report(performance: float) -> dict[str, Any]:
    """A report that is perfect but for its performance."""
    names = [name for name in lighthouse.WANTED if name != "performance"]
    audits = ["fast", "slow", "of-no-weight"]
    return {
        "categories": {
            "performance": {"score": performance, "auditRefs": [{"id": name} for name in audits]},
            **{name: {"score": 1, "auditRefs": []} for name in names},
        },
        "audits": {
            "fast": {"title": "It is fast", "score": 1},
            "slow": {"title": "It is slow", "score": 0.2},
            "of-no-weight": {"title": "It is told", "score": None},
            "total-byte-weight": {"numericValue": 1_200_000},
        },
    }


def test_report_is_read() -> None:
    low = report(0.9)
    assert lighthouse.scores(low) == dict.fromkeys(lighthouse.WANTED, 100) | {"performance": 90}
    assert lighthouse.failures(low) == ["It is slow"]
    assert lighthouse.transferred(low) == 1.2


def test_good_enough_is_no_failure() -> None:
    assert lighthouse.failures(report(0.95)) == []


def test_server_compresses_text_only(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>page</p>" * 100, encoding="utf-8", newline="\n")
    (tmp_path / "dot.png").write_bytes(b"\x89PNG")
    with served(tmp_path) as address:
        with urlopen(f"{address}page.html") as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(answer.read()) == (tmp_path / "page.html").read_bytes()
        with urlopen(f"{address}dot.png") as answer:
            assert (answer.headers["Content-Encoding"], answer.read()) == (None, b"\x89PNG")
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"{address}missing.html")
