"""Fuzzing: what comes from outside, IDX files and states, in ever new variants, for a while.

python -m tools.fuzz SECONDS

Runs the tests that know what must hold for any file and any state, until the time is over or one
fails; then the smallest example and the seed that repeats it are on the screen.
"""

import argparse
import random
import subprocess
import sys
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).resolve().parent.parent
TESTS = ("tests/core/test_datasets.py", "tests/core/test_nn.py")


def fuzz(seconds: float, *tests: str) -> int:
    """The exit code of pytest: that of the first round that fails, or of the last."""
    end = monotonic() + seconds
    code = 0
    while not code and monotonic() < end:
        seed = random.randrange(2**32)
        options = ["-m", "hypothesis", "--hypothesis-profile=fuzz", f"--hypothesis-seed={seed}"]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *tests]
        print(f"seed {seed}", flush=True)
        code = subprocess.run(command, cwd=ROOT).returncode
    return code


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seconds", type=float)
    return fuzz(parser.parse_args().seconds, *TESTS)


if __name__ == "__main__":
    sys.exit(main())
