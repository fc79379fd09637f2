"""Mutation testing: change one thing in cnnlib at a time, and see that a test fails.

python -m tools.mutants              all modules, ten minutes; writes cnnbook/results/mutants.json
python -m tools.mutants MODULE ...   some, as functional/pooling; writes nothing

The tests are collected once, in a copy of the tree. Each mutant gets a forked process, which puts
the changed code into the functions of the module and runs the tests that call the function in
question, the shortest first, until one fails. A survivor is tried again in a fresh interpreter,
unless tools/mutants_explained.toml says why it may live.
"""

import argparse
import ast
import copy
import importlib
import json
import multiprocessing
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any, TypeAlias

import pytest
from hypothesis import Phase, settings

from tools.environment import pin
from tools.tree_copy import copied, environment, rewritten

REPORT = Path(__file__).with_name("mutants.json")
EXPLAINED = Path(__file__).with_name("mutants_explained.toml")
COPIED = ["cnnbook", "cnnlib", "tests", "tools", "conftest.py", "pyproject.toml"]
MODULES = [
    *("checks", "windows", "init", "gradcheck", "datasets", "training", "optim"),
    *(f"functional/{name}" for name in ("activations", "convolution", "linear", "losses")),
    *(f"functional/{name}" for name in ("normalization", "pooling")),
    *(f"nn/{name}" for name in ("layers", "losses", "module", "sequential", "stateless")),
]
TESTS = [
    *(f"tests/core/test_{name}.py" for name in ("windows", "functional", "nn", "optim", "init")),
    *(f"tests/core/test_{name}.py" for name in ("gradcheck", "training", "datasets", "errors")),
]
DEMANDED = 0.95  # the part of the mutants to be killed
SURVIVED, BROKEN, KILLED, NOT_PUT_IN = range(4)  # exit codes of a trial; 1 is any exception's
CPU_SECONDS = 30  # and twice what the tests take unchanged: then a mutant counts as killed
WALL_SECONDS = 900
OBSERVED = Path("observed.pickle")
FORK = multiprocessing.get_context("fork")

Explanations: TypeAlias = dict[tuple[str, str, str], str]  # of module, code and change: why

# --- what is changed, and into what ---

OPERATORS: dict[type[ast.AST], list[type[ast.AST]]] = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
    ast.And: [ast.Or],
    ast.Or: [ast.And],
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div],
    ast.Div: [ast.Mult],
    ast.FloorDiv: [ast.Mult, ast.Div],
    ast.Mod: [ast.FloorDiv],
    ast.Pow: [ast.Mult],
    ast.MatMult: [ast.Mult],
    ast.LShift: [ast.RShift],
    ast.BitAnd: [ast.BitOr],
    ast.BitOr: [ast.BitAnd],
    ast.BitXor: [ast.BitOr],
}
NAMES = {
    **{"min": "max", "max": "min", "maximum": "minimum", "minimum": "maximum"},
    **{"zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "ones_like": "zeros_like"},
    **{"sum": "mean", "mean": "sum", "argmax": "argmin", "cos": "sin", "ravel": "transpose"},
}
COMMUTATIVE = {"max", "min", "maximum", "minimum", "add", "multiply", "relative_error"}


@dataclass(frozen=True)
class Mutant:
    """A module with one change in ``line``, whose text is ``code``."""

    line: int
    code: str
    change: str
    function: range  # lines of the function around it, or of the module
    tree: ast.Module = field(repr=False)
    old: ast.AST = field(repr=False)
    new: ast.AST = field(repr=False)

    def source(self) -> str:
        """The whole module, changed."""
        Replace(self.old, self.new).visit(self.tree)
        text = ast.unparse(ast.fix_missing_locations(self.tree))
        Replace(self.new, self.old).visit(self.tree)
        return text


def mutants(source: str) -> Iterator[Mutant]:
    """All changed versions of a module."""
    tree, lines = ast.parse(source), source.splitlines()
    spans = [range(f.lineno, f.end_lineno + 1) for f in functions(tree)]
    for node in list(parts(tree)):
        for new in (*expressions(node), *statements(node)):
            line, change = node.lineno, f"{first_line(node)} -> {first_line(new)}"
            span = next((s for s in spans if line in s), range(1, len(lines) + 1))
            yield Mutant(line, lines[line - 1].strip(), change, span, tree, node, new)


def functions(tree: ast.AST) -> Iterator[Any]:
    """The functions of a module and the methods of its classes, none inside another."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from functions(node)


def parts(node: ast.AST) -> Iterator[Any]:
    """The node and all it consists of, but not what is written for readers and type checkers."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "format_spec"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not is_text(node, child):
                yield from parts(child)


def is_text(parent: ast.AST, child: ast.AST) -> bool:
    """A docstring or the text of an f-string; and ``strict=``, which says what is true anyway."""
    match parent, child:
        case (ast.JoinedStr() | ast.Expr(), ast.Constant()) | (_, ast.keyword(arg="strict")):
            return True
    return False


def expressions(node: ast.AST) -> Iterator[ast.AST]:
    """Other operators, constants and names; a negation left out, arguments and ways swapped."""
    match node:
        case ast.Compare(ops=[op]):
            yield from (changed(node, ops=[new()]) for new in OPERATORS[type(op)])
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op):
            yield from (changed(node, op=new()) for new in OPERATORS[type(op)])
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.IfExp(body=body, orelse=orelse):
            yield changed(node, body=orelse, orelse=body)
        case ast.Constant(value=value):
            yield from (ast.Constant(new) for new in other_values(value))
        case ast.Name(id=name) if name in NAMES:
            yield changed(node, id=NAMES[name])
        case ast.Attribute(attr=name) if name in NAMES:
            yield changed(node, attr=NAMES[name])
        case ast.Call(args=args):
            yield from swaps(node, args)


def other_values(value: Any) -> list[Any]:
    """What stands for a constant."""
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1, value - 1]
        case float():
            return [value * 2 or 0.1]
        case str():
            return [f"{value}x"]
    return []


def swaps(call: ast.Call, args: list[ast.expr]) -> Iterator[ast.AST]:
    """Two neighbouring arguments exchanged, where that makes a difference."""
    if ast.unparse(call.func).rpartition(".")[2] in COMMUTATIVE:
        return
    for i, (a, b) in enumerate(pairwise(args)):
        if ast.dump(a) != ast.dump(b) and not any(isinstance(x, ast.Starred) for x in (a, b)):
            yield changed(call, args=[*args[:i], b, a, *args[i + 2 :]])


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """A condition that always or never holds; a statement left out; ``=`` for ``+=``."""
    match node:
        case ast.If():
            yield from (changed(node, test=ast.Constant(always)) for always in (True, False))
        case ast.AugAssign(target=target, value=value):
            yield ast.Assign([target], value)
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.Raise():
            yield ast.Pass()
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()


def changed(node: ast.AST, **fields: Any) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


class Replace(ast.NodeTransformer):
    """Put one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else self.generic_visit(node)


def first_line(node: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(node)).partition("\n")[0]


# --- what a mutant does to the tests ---


def put_in(target: Any, fresh: Mapping[str, Any], module: str) -> None:
    """Give the functions and constants of a module, or class, those of its changed version.

    Raises ValueError if a method has lost its ``super()``: its code does not fit any more.
    """
    for name, new in list(fresh.items()):
        is_own = getattr(new, "__module__", None) == module
        if is_own and isinstance(new, FunctionType):
            old = vars(target)[name]
            old.__code__, old.__defaults__ = new.__code__, new.__defaults__
            old.__kwdefaults__ = new.__kwdefaults__
        elif is_own and isinstance(new, type):
            put_in(vars(target)[name], vars(new), module)
        elif not name.startswith("__"):
            setattr(target, name, new)


def replace_code(module: str, source: str) -> int:
    """Let the module, wherever it was imported, do what the source says; SURVIVED if it can."""
    name, path = f"cnnlib.{module.replace('/', '.')}", path_of(module)
    fresh: dict[str, Any] = {"__name__": name, "__file__": str(path)}
    code, target = compile(source, path, "exec"), importlib.import_module(name)
    try:
        exec(code, fresh)
    except Exception:
        return KILLED  # the changed module cannot even be imported
    try:
        put_in(target, fresh, name)
    except ValueError:
        return NOT_PUT_IN
    return SURVIVED


def passes(item: Any) -> bool:
    """Run one test, under all that pytest does around it."""
    item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
    return not item.session.testsfailed


@contextmanager
def observed() -> Iterator[set[tuple[str, int]]]:
    """The file and first line of each function that is called meanwhile."""
    seen: set[tuple[str, int]] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        seen.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


class Trials:
    """A pytest plugin that runs the collected tests again and again, each time in a new process."""

    def __init__(self, modules: list[str], work: Callable[["Trials"], None]) -> None:
        self.modules, self.work = modules, work

    def pytest_configure(self) -> None:
        """A failing example is not made smaller: that it fails is enough."""
        phases = [Phase.explicit, Phase.generate]
        settings.register_profile("mutants", settings.get_profile("cnnlib"), phases=phases)
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Find out which test calls which functions, and how long it takes; then do the work."""
        self.items = session.items
        if exit_code(self._observe) != SURVIVED:
            raise RuntimeError("a test fails without any mutant")
        self.calls, self.seconds = pickle.loads(OBSERVED.read_bytes())
        self.work(self)
        return True

    def _observe(self) -> None:
        calls, seconds = [], []
        for module in self.modules:
            replace_code(module, path_of(module).read_text(encoding="utf-8"))
        for item in self.items:
            start = time.process_time()
            with observed() as seen:
                passed = passes(item)
            seconds.append(time.process_time() - start)
            calls.append({call for call in seen if call[0].startswith(str(Path.cwd()))})
            if not passed:
                print(f"{item.nodeid} fails without any mutant", file=sys.stderr)
                sys.exit(KILLED)
        OBSERVED.write_bytes(pickle.dumps((calls, seconds)))

    def of(self, module: str, lines: range) -> list[int]:
        """The tests that call a function defined in these lines, the shortest first."""
        path = str(path_of(module))
        used = [any(p == path and line in lines for p, line in seen) for seen in self.calls]
        return sorted((i for i, use in enumerate(used) if use), key=self.seconds.__getitem__)

    def files(self, tests: list[int]) -> list[str]:
        """The files in which these tests stand."""
        return [*dict.fromkeys(self.items[i].nodeid.partition("::")[0] for i in tests)]

    def outcome(self, module: str, mutant: Mutant) -> int:
        """What becomes of a mutant; minus the signal that ended it, if one did."""
        tests = self.of(module, mutant.function)
        limit = CPU_SECONDS + 2 * int(sum(self.seconds[i] for i in tests))
        return exit_code(self._try, module, mutant.source(), tests, limit)

    def _try(self, module: str, source: str, tests: list[int], limit: int) -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        signal.alarm(WALL_SECONDS)
        if problem := replace_code(module, source):
            sys.exit(problem)
        sys.exit(SURVIVED if all(passes(self.items[i]) for i in tests) else KILLED)


def exit_code(task: Callable[..., None], *arguments: Any) -> int:
    """Run a task in a forked process, its output thrown away."""

    def quiet() -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        task(*arguments)

    process = FORK.Process(target=quiet)
    process.start()
    process.join()
    assert process.exitcode is not None
    if process.exitcode == BROKEN:
        raise RuntimeError("a trial broke down, see above")
    return process.exitcode


def killed_afresh(module: str, mutant: Mutant, files: list[str]) -> bool:
    """Write the mutant into the copy, and run these files of tests in a new interpreter."""
    options = ["-x", "-q", "-n=0", "-p", "no:cacheprovider"]
    env = environment(Path.cwd())
    del env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
    with rewritten(path_of(module), mutant.source()):
        command = [sys.executable, "-m", "pytest", *options, *files]
        done = subprocess.run(command, env=env, capture_output=True, text=True, encoding="utf-8")
    if done.returncode > pytest.ExitCode.INTERRUPTED:  # that is an error of collection
        raise RuntimeError(f"{done.stdout}{done.stderr}")
    return done.returncode != pytest.ExitCode.OK


# --- all mutants ---


def path_of(module: str) -> Path:
    return Path.cwd() / "cnnlib" / f"{module}.py"


def explanations() -> Explanations:
    accepted = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["accepted"]
    return {
        (entry["module"], entry["code"], change): entry["why"]
        for entry in accepted
        for change in entry["changes"]
    }


@dataclass
class Examination:
    """Tries all mutants of some modules, and keeps what was found."""

    modules: list[str]
    explained: Explanations
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    survivors: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, trials: Trials) -> None:
        for module in self.modules:
            start, count = time.monotonic(), Counter(mutants=0, killed=0)
            for mutant in mutants(path_of(module).read_text(encoding="utf-8")):
                count["mutants"] += 1
                count["killed"] += self._is_killed(trials, module, mutant)
            self.counts[module] = count
            killed, seconds = f"{count['killed']} of {count['mutants']}", time.monotonic() - start
            print(f"{module}: {killed} killed, {seconds:.0f} s", flush=True)

    def _is_killed(self, trials: Trials, module: str, mutant: Mutant) -> bool:
        if trials.outcome(module, mutant) not in (SURVIVED, NOT_PUT_IN):
            return True
        why = self.explained.get((module, mutant.code, mutant.change))
        files = trials.files(trials.of(module, mutant.function))
        if why is None and files and killed_afresh(module, mutant, files):
            return True
        place = {"module": module, "line": mutant.line, "code": mutant.code}
        self.survivors.append({**place, "change": mutant.change, "why": why})
        if why is None:
            print(f"{module}:{mutant.line}: {mutant.code}\n    {mutant.change}", flush=True)
        return False

    def report(self) -> dict[str, Any]:
        total = sum(self.counts.values(), Counter[str]())
        return {
            "mutants": total["mutants"],
            "killed": total["killed"],
            "part killed": round(total["killed"] / total["mutants"], 4),
            "modules": {module: dict(count) for module, count in self.counts.items()},
            "survivors": self.survivors,
        }


def examine(modules: list[str], tests: list[str], explained: Explanations) -> dict[str, Any]:
    """Try all mutants of the modules in the current folder, which is a copy of the tree."""
    examination = Examination(modules, explained)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    options = ["-q", "--tb=no", "--assert=plain", "--capture=no", "--basetemp=temporary"]
    options += ["--override-ini=addopts=", "-p", "no:cacheprovider", "-p", "no:faulthandler"]
    code = pytest.main([*options, *tests], [Trials(modules, examination)])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise RuntimeError(f"pytest ended with {code!r}")
    return examination.report()


def verdict(report: dict[str, Any]) -> list[str]:
    """What is not as it should be."""
    wrong = [
        f"{s['module']}:{s['line']} {s['change']}: no test notices, and nothing explains it"
        for s in report["survivors"]
        if s["why"] is None
    ]
    if report["part killed"] < DEMANDED:
        wrong.append(f"{report['part killed']:.1%} killed, {DEMANDED:.0%} demanded")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", choices=[[], *MODULES])
    modules = parser.parse_args().modules
    pin()
    with copied(*COPIED) as tree:
        os.chdir(tree)
        sys.path.insert(0, str(tree))
        report = examine(modules or MODULES, TESTS, explanations())
    print(f"{report['killed']} of {report['mutants']} mutants killed")
    if not modules:
        text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
        REPORT.write_text(text, encoding="utf-8")
    wrong = verdict(report)
    print(*wrong, sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
