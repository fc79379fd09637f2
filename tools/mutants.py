"""Mutation testing by mutmut: change one thing in cnnlib at a time, and see that a test fails.

python -m tools.mutants              all of cnnlib, an hour; a second run goes on where it stopped
python -m tools.mutants PATTERN ...  some, as "cnnlib.functional.pooling*"

Lists what survives, and fails if that is too much; `mutmut show NAME` gives the change. What is
mutated and which tests run stands in pyproject.toml.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATS = ROOT / "mutants" / "mutmut-cicd-stats.json"
MUTMUT = Path(sys.executable).with_name("mutmut")
DEMANDED = 0.95  # the part of the mutants to be noticed


def mutmut(*arguments: str) -> None:
    """One command of mutmut."""
    subprocess.run([MUTMUT, *arguments], cwd=ROOT, check=True)


def survivors() -> list[str]:
    """The names of the mutants that no test noticed, each with what became of it."""
    results = subprocess.check_output([MUTMUT, "results"], cwd=ROOT, text=True, encoding="utf-8")
    return [line.strip() for line in results.splitlines() if not line.endswith("not checked")]


def enough(counts: dict[str, int]) -> bool:
    """Whether most mutants were noticed, of those that were tried."""
    noticed = counts["killed"] + counts["timeout"]
    unnoticed = counts["survived"] + counts["no_tests"] + counts["suspicious"] + counts["segfault"]
    print(f"{noticed} of {noticed + unnoticed} mutants noticed, {DEMANDED:.0%} demanded")
    return noticed > 0 and noticed >= DEMANDED * (noticed + unnoticed)


def main() -> int:
    mutmut("run", *sys.argv[1:])
    print(*survivors(), sep="\n")
    mutmut("export-cicd-stats")
    return int(not enough(json.loads(STATS.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    sys.exit(main())
