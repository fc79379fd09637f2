"""What the mutation run demands of mutmut's counts."""

import pytest

from tools.mutants import enough

KINDS = ["killed", "timeout", "survived", "no_tests", "suspicious", "segfault"]


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ({"killed": 95, "survived": 5}, True),
        ({"killed": 94, "survived": 5}, False),
        ({"killed": 90, "timeout": 5, "survived": 5}, True),
        *(({"killed": 94, kind: 6}, False) for kind in ("no_tests", "suspicious", "segfault")),
        ({}, False),
    ],
)
def test_most_mutants_have_to_be_noticed(counts: dict[str, int], verdict: bool) -> None:
    assert enough(dict.fromkeys(KINDS, 0) | counts) is verdict
