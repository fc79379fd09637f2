"""Code exercises that are solved in the page, by Pyodide, which lies beside the book.

Below each is an empty element that holds the answer to begin with; `_static/run.js` makes it an
editor, and asks for Python at the first click. Scripts are all that a page can load from a disk, so
each part of Python is one: base64 of its gzip, handed to the function `receivePart`.
"""

import base64
import gzip
import io
import json
import re
import zipfile
from functools import cache
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx_exercise.nodes import exercise_enumerable_node

from ..archive import DATE
from ..editions import EDITIONS
from ..scripts import translate_module, translate_script
from . import fetch

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOLDER = f"python-{fetch.VERSION}"
PACKAGES = ["cnnlib/**/*.py", "cnnbook/__init__.py", "cnnbook/exercises/*.py"]
CALL = re.compile(r"^check[\w.]*\((\w+)\)$", re.MULTILINE)
logger = logging.getLogger(__name__)


@cache
def pyodide() -> dict[str, bytes]:
    """Pyodide's files, or none, which is said once and no error."""
    try:
        return fetch.files()
    except fetch.Absent as absent:
        logger.info("No exercise can be solved in the page, for want of Pyodide: %s", absent)
        return {}


# --- Each exercise ----------------------------------------------------------------------------


def stub(exercise: nodes.Element) -> str:
    """What an answer begins with: the functions, as the text gives them, and the checks.

    Empty where the exercise has no checks.
    """
    blocks = [block.astext() for block in exercise.findall(nodes.literal_block)]
    checks = next(filter(CALL.search, blocks), "")
    calls: dict[str, str] = {}
    for literal in exercise.findall(nodes.literal):
        calls.setdefault(literal.astext().split("(")[0], literal.astext())
    imports = [line for line in checks.split("\n") if line.startswith(("from ", "import "))]
    names = CALL.findall(checks)
    if missing := [name for name in names if name not in calls]:
        label = exercise["label"]
        raise ExtensionError(f"{label}: expected `{missing[0]}(…)` in its text, got no such code")
    functions = [f"def {calls[name]}:\n    ..." for name in names]
    rest = "\n".join(line for line in checks.split("\n") if line not in imports).strip()
    parts = ["\n".join(["import numpy as np", *imports]), *functions, rest]
    return "\n\n\n".join(parts) + "\n" if checks else ""


def offer(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put the element that becomes an editor into each code exercise of a page."""
    if app.builder.format != "html" or not pyodide():
        return
    top = EDITIONS[app.config.language].top
    index = app.builder.get_relative_uri(page, "index")
    folder = index.replace("index.html", f"{top}_static/{FOLDER}")
    for exercise in doctree.findall(exercise_enumerable_node):
        if text := stub(exercise):
            data = {"exercise": exercise["label"], "stub": text, "folder": folder}
            data["parts"] = " ".join({**python(), **own_parts(app.config.language)})
            attributes = "".join(f' data-{name}="{escape(it)}"' for name, it in data.items())
            element = f'<div class="run-in-page"{attributes}></div>'
            exercise += nodes.raw("", element, format="html")


# --- The runtime ------------------------------------------------------------------------------


def book(language: str) -> bytes:
    """The checkers and the library, as an archive that is the same each time."""
    paths = sorted(path for pattern in PACKAGES for path in ROOT.glob(pattern))
    found = {path.relative_to(ROOT).as_posix(): path for path in paths}
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, path in {**found, "in_page.py": HERE / "in_page.py"}.items():
            text = path.read_text(encoding="utf-8")
            if name.startswith(("cnnbook/exercises/", "in_page")):
                text = translate_module(text, language)
            archive.writestr(zipfile.ZipInfo(name, DATE), text)
    return memory.getvalue()


@cache
def python() -> dict[str, bytes]:
    """The parts that all editions load at the first click, by name."""
    lock = {"info": {"abi_version": fetch.ABI}, "packages": {}}
    named = {re.sub(r"^numpy-.*", "numpy.whl", name): data for name, data in pyodide().items()}
    return named | {"pyodide-lock.json": json.dumps(lock).encode("ascii")}


@cache
def own_parts(language: str) -> dict[str, bytes]:
    """The parts that speak, by name."""
    worker = translate_script((HERE / "worker.js").read_text(encoding="utf-8"), language)
    return {f"worker-{language}.js": worker.encode("utf-8"), f"book-{language}.zip": book(language)}


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write each part of Python as a script, and the licences beside them.

    What all editions load lies beside the English one.
    """
    if exception is not None or app.builder.format != "html" or not pyodide():
        return
    target = Path(app.outdir, EDITIONS[app.config.language].top, "_static", FOLDER)
    target.mkdir(parents=True, exist_ok=True)
    shared = python() if app.config.language == "en" else {}
    for name, data in {**shared, **own_parts(app.config.language)}.items():
        text = base64.b64encode(gzip.compress(data, 6, mtime=0)).decode("ascii")
        script = f'receivePart("{name}", "{text}");\n'
        (target / f"{name}.js").write_text(script, encoding="ascii", newline="\n")
    with zipfile.ZipFile(io.BytesIO(python()["numpy.whl"])) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/LICENSE.txt"))
        numpy = wheel.read(name).decode("utf-8")
    licences = (HERE / "LICENSES.txt").read_text(encoding="utf-8") + numpy
    (target / "LICENSES.txt").write_text(licences, encoding="utf-8", newline="\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx; the notebooks, which have a kernel, get no editor."""
    app.connect("doctree-resolved", offer, priority=950)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
