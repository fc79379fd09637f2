"""The project on other people's machines: odd paths, nothing to write to, no network, Windows."""

import ast
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).resolve().parents[2]
PLACE = "bücher 书 x"
CELLS = [
    """
from cnnlib.datasets import load_mnist
images, labels = load_mnist("test")
print(labels[:3])
""",
    """
import matplotlib.pyplot as plt
from cnnbook import plot
plot.image(images[0])
plt.show()
""",
]
OUTPUTS = [["[7 2 1]\n"], [["image/svg+xml", "text/plain"]]]
EXECUTE = """
import json
from pathlib import Path
from tools.environment import pin
pin()
from tools.notebooks import execute
cells = execute(Path("chapters/small.ipynb")).cells
outputs = [[o.get("text") or sorted(o.data) for o in cell.outputs] for cell in cells]
print(json.dumps(outputs))
"""
PLACES_OF_SETTINGS = ("IPYTHON", "JUPYTER", "MPLCONFIG", "XDG_")
NO_NETWORK = """
import socket

def refuse(connect):
    def checked(self, address):
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"no network: {address}")
        return connect(self, address)
    return checked

socket.socket.connect = refuse(socket.socket.connect)
socket.socket.connect_ex = refuse(socket.socket.connect_ex)
"""


# --- A copy of the project somewhere else -----------------------------------------------------


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package and the tools, with one small notebook, in a folder with an odd name."""
    folder = tmp_path_factory.mktemp("anywhere") / PLACE
    for name in ("cnnbook", "cnnlib", "tools"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "chapters").mkdir()
    notebook = new_notebook(cells=[new_code_cell(source) for source in CELLS])
    nbformat.write(notebook, folder / "chapters" / "small.ipynb")
    return folder


def run(command: list[str], tree: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A Python that imports from the copy, every warning an error."""
    environment = os.environ | {
        "PYTHONPATH": str(tree),
        "PYTHONUTF8": "1",
        "PYTHONWARNINGS": "error::UserWarning",
        **variables,
    }
    return subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, encoding="utf-8"
    )


def outputs(run: subprocess.CompletedProcess[str]) -> Any:
    """What EXECUTE printed; it wrote no warning."""
    assert run.returncode == 0, run.stderr
    assert not run.stderr
    return json.loads(run.stdout)


def test_path_with_spaces_and_other_letters(tree: Path) -> None:
    """`make notebooks` there: the notebook is executed in place, by the package beside it."""
    command = [sys.executable, "-m", "tools.notebooks", "chapters/small.ipynb"]
    done = run(command, tree)
    assert done.returncode == 0, done.stdout + done.stderr
    cells = nbformat.read(tree / "chapters" / "small.ipynb", as_version=4).cells
    found = [[o.get("text") or sorted(o.data) for o in cell.outputs] for cell in cells]
    assert found == OUTPUTS
    where = run([sys.executable, "-c", "import cnnlib; print(cnnlib.__file__)"], tree)
    assert Path(where.stdout.strip()) == tree / "cnnlib" / "__init__.py"


@pytest.fixture
def locked(tree: Path) -> Iterator[Path]:
    """The copy, which nobody may write to."""
    paths = [tree, *tree.rglob("*")]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in paths}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    yield tree
    for path, mode in modes.items():
        path.chmod(mode)


def without_superuser(tree: Path) -> list[str]:
    """What to put before a command so that it keeps to the rights; a skip where nothing helps."""
    prefixes: list[list[str]] = [[]] if getattr(os, "geteuid", lambda: 1)() else []
    if shutil.which("setpriv"):
        prefixes.append(["setpriv", "--bounding-set", "-dac_override,-dac_read_search"])
    for prefix in prefixes:
        probe = [*prefix, sys.executable, "-c", "open('probe', 'w', encoding='utf-8')"]
        if "PermissionError" in run(probe, tree).stderr:
            return prefix
        (tree / "probe").unlink(missing_ok=True)
    pytest.skip("this user or system writes into read-only folders, and setpriv does not help")


def test_read_only_checkout(locked: Path) -> None:
    command = [*without_superuser(locked), sys.executable, "-c", EXECUTE]
    assert outputs(run(command, locked)) == OUTPUTS


def test_home_without_write_access_and_no_network(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below a file no folder can be made, not even by the superuser."""
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    for name in [name for name in os.environ if name.startswith(PLACES_OF_SETTINGS)]:
        monkeypatch.delenv(name)
    variables = {
        "HOME": str(tmp_path / "sitecustomize.py" / "home"),
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(tree)]),
    }
    attempt = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    assert "no network" in run([sys.executable, "-c", attempt], tree, **variables).stderr
    assert outputs(run([sys.executable, "-c", EXECUTE], tree, **variables)) == OUTPUTS
    plain = "import cnnlib; print(cnnlib.datasets.load_mnist()[0].shape)"
    done = run([sys.executable, "-c", plain], tree, **variables)
    assert (done.stdout, done.stderr) == ("(60000, 28, 28)\n", "")


# --- Other encodings --------------------------------------------------------------------------

LEGACY = """
import locale, math
assert locale.getencoding() == "GBK", locale.getencoding()
import book_pages, figure_driver
from cnnbook.exercises.graphs import derivative
from cnnbook.trainer.__main__ import main
derivative(lambda x, y: (math.sin(x) ** 2 + math.cos(x) ** 2 + 1 / y, -x / y**2))
main(["--help"])
"""


def test_a_chinese_code_page(tmp_path: Path) -> None:
    """Files are read as UTF-8, also by packages, and a sign that GBK lacks is printed as ?."""
    if not shutil.which("localedef"):
        pytest.skip("only localedef makes a locale")
    made = ["localedef", "--inputfile=zh_CN", "--charmap=GBK", str(tmp_path / "zh_CN.GBK")]
    if subprocess.run(made, capture_output=True).returncode:
        pytest.skip("the system lacks the sources of its locales")
    variables = {"LOCPATH": str(tmp_path), "LC_ALL": "zh_CN.GBK", "PYTHONUTF8": "0"}
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    done = subprocess.run(
        [sys.executable, "-c", LEGACY],
        cwd=tmp_path,
        env=os.environ | variables | {"PYTHONPATH": paths},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode("gbk")
    said = done.stdout.decode("gbk")
    assert "The sign of the derivative of cos is wrong; it is ?sin." in " ".join(said.split())
    assert "examples:" in said


# --- Windows ----------------------------------------------------------------------------------

FOLDERS = ["_ext", "benchmarks", "cnnbook", "cnnlib", "tests", "tools"]
SOURCES = [*ROOT.glob("*.py"), *(f for name in FOLDERS for f in (ROOT / name).rglob("*.py"))]
BINARY = {"gzip", "Image", "os", "tarfile", "zipfile"}  # whose `open` reads bytes
TEXT = {"read_text", "write_text"}
PROCESSES = {"run", "Popen", "check_output", "check_call"}
RESERVED = re.compile(r'[<>:"|?*\\]|[ .]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)


def problems(source: str) -> list[str]:
    """Calls that do something else, or nothing, on Windows."""
    nodes = list(ast.walk(ast.parse(source)))
    found = [problem for node in nodes if isinstance(node, ast.Call) for problem in in_call(node)]
    return found + [
        f"line {node.lineno}: os.path, where pathlib does it"
        for node in nodes
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "os.path"
    ]


def in_call(call: ast.Call) -> list[str]:
    name = ast.unparse(call.func)
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    found = []
    if is_text(call, name, given) and "encoding" not in given:
        found.append(f"line {call.lineno}: {name} without an encoding")
    if given.get("shell") == "True" or name in ("os.system", "os.popen"):
        found.append(f"line {call.lineno}: {name} by the shell")
    return found


def is_text(call: ast.Call, name: str, given: dict[str | None, str]) -> bool:
    """Whether the call turns bytes into text or text into bytes."""
    owner, _, method = name.rpartition(".")
    if method in TEXT:
        return True
    if method in PROCESSES:
        return "True" in (given.get("text"), given.get("universal_newlines"))
    if method != "open" or owner in BINARY:
        return False
    modes = [ast.unparse(argument) for argument in call.args[0 if owner else 1 :]]
    return "b" not in given.get("mode", modes[0] if modes else "")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_code_names_encodings_and_needs_no_shell(source: Path) -> None:
    assert problems(source.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("path.read_text()", "path.read_text without an encoding"),
        ("path.write_text(text, newline='')", "path.write_text without an encoding"),
        ("open(name)", "open without an encoding"),
        ("open(name, 'w')", "open without an encoding"),
        ("path.open(mode='r')", "path.open without an encoding"),
        ("subprocess.run(command, text=True)", "subprocess.run without an encoding"),
        ("run('make | tail', shell=True)", "run by the shell"),
        ("os.system('make')", "os.system by the shell"),
        ("os.path.join(a, b)", "os.path, where pathlib does it"),
    ],
)
def test_problems_are_found(code: str, problem: str) -> None:
    assert problems(code) == [f"line 1: {problem}"]


@pytest.mark.parametrize(
    "code",
    [
        "path.read_text(encoding='utf-8')",
        "open(name, 'rb')",
        "path.open('wb')",
        "gzip.open(path)",
        "subprocess.run(command)",
        "subprocess.run(command, text=True, encoding='utf-8')",
    ],
)
def test_good_code_has_no_problems(code: str) -> None:
    assert problems(code) == []


def test_file_names_are_possible_on_windows() -> None:
    """No reserved sign or name, and none that differs from another by capitals alone."""
    folders = [*FOLDERS, "_static", "appendices", "chapters"]
    paths = [p.relative_to(ROOT).as_posix() for name in folders for p in (ROOT / name).rglob("*")]
    assert not [p for p in paths if any(RESERVED.search(part) for part in p.split("/"))]
    assert not [p for p in paths if len(p) > 120 or not p.isascii()]
    assert len({path.lower() for path in paths}) == len(paths)


def test_windows_commands_are_those_of_make() -> None:
    """What the README gives without make is what the Makefile runs."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (block,) = re.findall(r"```powershell\n(.*?)```", readme, re.DOTALL)
    short = {"--requirement": "-r", "--editable": "-e"}
    short |= dict.fromkeys(["--quiet ", "--no-compile ", " $(ARGS)"], "")
    for long, brief in short.items():
        makefile = makefile.replace(long, brief)
    commands = re.findall(r"\.venv\\Scripts\\(?:python )?(.+)", block)
    assert len(commands) == 4
    assert [command for command in commands if command not in makefile] == []
