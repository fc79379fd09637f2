"""Measure the built book with Lighthouse: how fast it loads, how accessible and well formed it is.

python -m tools.lighthouse [PAGE ...]     pages by address, such as chapters/03_convolution.html

The book is served from this machine, compressed as servers do. Needs Node.js and Chromium or
Chrome; without arguments all pages of the book are measured.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.browser import SWITCHES, executable, served

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "_build" / "html"
VERSION = "12.2.3"
WANTED = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
CHROME_FLAGS = " ".join(["--headless", *SWITCHES])


def measure(lighthouse: list[str], address: str) -> dict[str, Any]:
    """Lighthouse's report on one page."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = ["--preset=desktop", "--quiet", "--output=json", f"--output-path={report}"]
        command = [*lighthouse, address, *options, f"--chrome-flags={CHROME_FLAGS}"]
        subprocess.run(command, check=True)
        return json.loads(report.read_text(encoding="utf-8"))


def scores(report: dict[str, Any]) -> dict[str, int]:
    """The four scores, 0 to 100."""
    return {name: round(100 * report["categories"][name]["score"]) for name in WANTED}


def failures(report: dict[str, Any]) -> list[str]:
    """What lowers a score that is too low, in Lighthouse's words."""
    low = [name for name, score in scores(report).items() if score < WANTED[name]]
    audits = [ref["id"] for name in low for ref in report["categories"][name]["auditRefs"]]
    found = (report["audits"][name] for name in audits)
    return [it["title"] for it in found if it["score"] is not None and it["score"] < 0.9]


def transferred(report: dict[str, Any]) -> float:
    """Bytes of the first load, in MB."""
    return float(report["audits"]["total-byte-weight"]["numericValue"]) / 1e6


def find_lighthouse() -> list[str]:
    """The command, by npx where it is not installed."""
    browser = executable()
    if browser:
        os.environ.setdefault("CHROME_PATH", browser)
    for name, options in (("lighthouse", []), ("npx", ["--yes", f"lighthouse@{VERSION}"])):
        if path := shutil.which(name):
            return [path, *options]
    raise SystemExit("lighthouse: Node.js with npx is needed, and was not found")


def main() -> int:
    """Print a line for each page; 1 if a score is too low."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*")
    every = sorted(p.relative_to(BOOK).as_posix() for p in BOOK.glob("[!_]*/**/*.html"))
    pages = parser.parse_args().pages or ["index.html", *every]
    lighthouse, failed = find_lighthouse(), False
    print(f"{'MB':>5} {' '.join(f'{name:>14}' for name in WANTED)}  page")
    with served(BOOK) as address:
        for page in pages:
            report = measure(lighthouse, address + page)
            numbers = " ".join(f"{score:>14}" for score in scores(report).values())
            print(f"{transferred(report):5.2f} {numbers}  {page}", flush=True)
            for title in failures(report):
                print(f"{'':6}{title}")
                failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
