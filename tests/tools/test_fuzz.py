"""Fuzzing tries new examples of the tests that have some, and stops where one fails."""

from pathlib import Path

import pytest

from tools.fuzz import ROOT, TESTS, fuzz

PROFILE = """
from hypothesis import settings

settings.register_profile("fuzz", deadline=None, max_examples=200, database=None)
"""
SMALL = """
from hypothesis import given, strategies as st

@given(st.integers(0, 99_999))
def test_small(n):
    with open({seen!r}, "a", encoding="utf-8") as file:
        print(n, file=file)
    assert n < {limit}

def test_without_examples():
    assert False
"""


@pytest.mark.parametrize(("limit", "code"), [(100_000, 0), (50_000, 1)])
def test_rounds_end_with_the_time_or_a_failure(limit: int, code: int, tmp_path: Path) -> None:
    seen, test = tmp_path / "seen.txt", tmp_path / "test_small.py"
    (tmp_path / "conftest.py").write_text(PROFILE, encoding="utf-8")
    test.write_text(SMALL.format(seen=str(seen), limit=limit), encoding="utf-8")
    assert fuzz(1, str(test)) == code
    tried = seen.read_text(encoding="utf-8").split()
    assert len(set(tried)) > 100 or code


def test_there_are_tests_for_it() -> None:
    assert all("@given" in (ROOT / name).read_text(encoding="utf-8") for name in TESTS)
