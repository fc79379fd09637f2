"""The mutation run itself: what is changed, how a change is put in, and what is counted."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("resource", reason="the run forks, which Windows does not")

from tools import mutants as tool
from tools.tree_copy import ROOT, environment

CHANGES = [
    ("a + b", {"a + b -> a - b"}),
    ("a < b", {"a < b -> a <= b", "a < b -> a > b"}),
    ("a and b", {"a and b -> a or b"}),
    ("not a", {"not a -> a"}),
    ("-a", {"-a -> a"}),
    ("a if b else c", {"a if b else c -> c if b else a"}),
    ("x = 3", {"3 -> 4", "3 -> 2"}),
    ("x = 0.5", {"0.5 -> 1.0"}),
    ("x = True", {"True -> False"}),
    ("x = 'a'", {"'a' -> 'ax'"}),
    ("f(a, b, c)", {"f(a, b, c) -> f(b, a, c)", "f(a, b, c) -> f(a, c, b)", "f(a, b, c) -> pass"}),
    ("x = f(a, *b)", set()),
    ("x = max(a, b)", {"max -> min"}),
    ("x = np.zeros(a)", {"np.zeros -> np.ones"}),
    ("a.b = c", {"a.b = c -> pass"}),
    ("a += b", {"a += b -> a -= b", "a += b -> a = b", "a += b -> pass"}),
    ("if a: b", {"if a: -> if True:", "if a: -> if False:"}),
    ("raise a", {"raise a -> pass"}),
    ("zip(a, strict=True)", {"zip(a, strict=True) -> pass"}),
    ("x = f'{a + 1} of b'", {"a + 1 -> a - 1", "1 -> 2", "1 -> 0"}),
    ("def f(x: 'A') -> 'B':\n    'text'\n    return x", set()),
]


@pytest.mark.parametrize(("source", "changes"), CHANGES)
def test_changes(source: str, changes: set[str]) -> None:
    found = list(tool.mutants(source))
    assert {mutant.change for mutant in found} == changes
    texts = {mutant.source() for mutant in found} | {ast.unparse(ast.parse(source))}
    assert len(texts) == len(found) + 1


def test_place_of_a_mutant() -> None:
    source = "class A:\n    def f(self):\n        g = lambda: a + b\n        pass\n\nc = d < e\n"
    places = {(mutant.line, mutant.code, mutant.function) for mutant in tool.mutants(source)}
    assert places == {(3, "g = lambda: a + b", range(2, 5)), (6, "c = d < e", range(1, 7))}


def test_every_module_exists_and_every_explanation_has_its_mutant() -> None:
    mutants = set()
    for module in tool.MODULES:
        source = (ROOT / "cnnlib" / f"{module}.py").read_text(encoding="utf-8")
        mutants |= {(module, mutant.code, mutant.change) for mutant in tool.mutants(source)}
    assert not tool.explanations().keys() - mutants


def test_changed_code_reaches_those_who_imported_the_old() -> None:
    source = """
LIMIT = 1
def f(x=1, *, y=2): return x + y + LIMIT
class A:
    size = 3
    def __init__(self): super().__init__(); self.x = self.size
"""
    module, fresh = ModuleType("m"), {"__name__": "m"}
    exec(source, vars(module))
    f, instance = module.f, module.A()
    exec(source.replace("1", "10").replace("2", "20").replace("3", "30"), fresh)
    tool.put_in(module, fresh, "m")
    assert (f(), module.A().x, instance.size) == (40, 30, 30)
    exec(source.replace("super().__init__()", "pass"), fresh)
    with pytest.raises(ValueError, match="free vars"):
        tool.put_in(module, fresh, "m")


TINY = '''"""A module whose mutants are known."""

LIMIT = 3


def clipped(x):
    """The smaller one of x and LIMIT."""
    if x > LIMIT:
        return LIMIT
    return x
'''
TEST_OF_TINY = """
from cnnlib.tiny import clipped

def test_clipped():
    assert [clipped(x) for x in (1, 3, 5)] == [1, 3, 3]
"""
PROFILE = "from hypothesis import settings\nsettings.register_profile('cnnlib')\n"
RUN = """
import json
from tools.mutants import examine
print(json.dumps(examine(["tiny"], ["test_tiny.py"], {})))
"""


def test_known_counts_and_a_known_survivor(tmp_path: Path) -> None:
    """At the limit itself, > and >= give the same."""
    files = {"cnnlib/__init__": "", "cnnlib/tiny": TINY, "conftest": PROFILE}
    (tmp_path / "cnnlib").mkdir()
    for name, text in (files | {"test_tiny": TEST_OF_TINY}).items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    env = environment(tmp_path)
    env["PYTHONPATH"] += f":{ROOT}"
    command = [sys.executable, "-c", RUN]
    done = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, encoding="utf-8"
    )
    report = json.loads(done.stdout.splitlines()[-1])
    place = {"module": "tiny", "line": 8, "code": "if x > LIMIT:"}
    assert report == {
        "mutants": 6,
        "killed": 5,
        "part killed": 0.8333,
        "modules": {"tiny": {"mutants": 6, "killed": 5}},
        "survivors": [{**place, "change": "x > LIMIT -> x >= LIMIT", "why": None}],
    }
    assert (tmp_path / "cnnlib" / "tiny.py").read_text(encoding="utf-8") == TINY


def test_verdict() -> None:
    survivor = {"module": "a", "line": 1, "code": "b", "change": "1 -> 2", "why": "It is the same."}
    assert tool.verdict({"part killed": 0.95, "survivors": [survivor]}) == []
    survivor["why"] = None
    unexplained = "a:1 1 -> 2: no test notices, and nothing explains it"
    too_few = "94.0% killed, 95% demanded"
    assert tool.verdict({"part killed": 0.94, "survivors": [survivor]}) == [unexplained, too_few]
