"""Execute the notebooks of the book in place, those that changed.

python -m tools.notebooks [--all] [NOTEBOOK ...]
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from tools.environment import pin

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (ROOT / "chapters", ROOT / "appendices")
RECORD = ROOT / "_build" / "notebooks.json"
PACKAGES = (ROOT / "cnnlib", ROOT / "cnnbook")
RESULTS = ROOT / "cnnbook" / "results"
NAMED = re.compile(r'recorded\(\\"(\w+)')  # in a stored notebook, so with a backslash

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE_INFO = {"name": "python"}
NOTEBOOK_METADATA = {"kernelspec", "language_info", "myst"}
CELL_METADATA = {"mystnb", "tags"}

CELL_TIMEOUT = 900  # seconds


def all_notebooks() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted(folder.glob("*.ipynb"))]


# --- execution ---


def execute(path: Path) -> NotebookNode:
    """Run a notebook in a fresh kernel, in its own folder."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    return clean(notebook)


def clean(notebook: NotebookNode) -> NotebookNode:
    """Keep only the metadata that the book uses, and no local paths of tracebacks."""
    kept = {k: v for k, v in notebook.metadata.items() if k in NOTEBOOK_METADATA}
    kept |= {"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO}
    notebook.metadata = nbformat.from_dict(kept)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(
            {k: v for k, v in cell.metadata.items() if k in CELL_METADATA}
        )
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]
    return notebook


def run_in_place(path: Path) -> None:
    before = path.read_text(encoding="utf-8")
    after = nbformat.writes(execute(path)) + "\n"
    if after != before:
        path.write_text(after, encoding="utf-8", newline="\n")


# --- what changed ---


def inputs(path: Path) -> list[Path]:
    """The packages, but of the results only the files, and folders, that the notebook names."""
    named = set(NAMED.findall(path.read_text(encoding="utf-8")))
    files = (file for folder in PACKAGES for file in folder.rglob("*"))
    files = (file for file in files if file.is_file() and file.suffix != ".pyc")
    results = {RESULTS / f"{name}.json" for name in named} | {RESULTS / name for name in named}
    return sorted(f for f in files if RESULTS not in f.parents or results & {f, f.parent})


def fingerprint(path: Path) -> str:
    """Digest of a notebook's code and of all that the code may read."""
    cells = nbformat.read(path, as_version=4).cells
    digest = hashlib.sha256()
    for cell in cells:
        if cell.cell_type == "code":
            digest.update(cell.source.encode() + b"\0")
    for file in inputs(path):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def is_committed(path: Path) -> bool:
    """Whether a notebook and the packages are as in the last commit, whose outputs are tested."""
    files = [path, *PACKAGES]
    command = ["git", "status", "--porcelain", "--", *map(str, files)]
    try:
        git = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return not git.stdout


def is_executed(path: Path) -> bool:
    """Whether every cell with code has been run; an editor may have stripped the outputs."""
    cells = nbformat.read(path, as_version=4).cells
    return all(c.execution_count for c in cells if c.cell_type == "code" and c.source.strip())


def is_current(path: Path, record: dict[str, str]) -> bool:
    if not is_executed(path):
        return False
    if path.name in record:
        return record[path.name] == fingerprint(path)
    return is_committed(path)


def run(paths: list[Path], everything: bool) -> int:
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    todo = [path for path in paths if everything or not is_current(path, record)]
    print(f"{len(todo)} of {len(paths)} notebooks to execute", flush=True)
    failed = False
    for path, error in in_parallel(run_in_place, todo):
        print(f"{path.name}: {error or 'executed'}", flush=True)
        failed = failed or error is not None
        if error is None:
            record[path.name] = fingerprint(path)
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return int(failed)


# --- command line ---


def in_parallel(
    task: Callable[[Path], None], paths: list[Path]
) -> Iterator[tuple[Path, Exception | None]]:
    """Run a task on each path, two at a time; yield each path with its error, if any."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        futures = {path: pool.submit(task, path) for path in paths}
        for path, future in futures.items():
            error = future.exception()
            if error is not None and not isinstance(error, Exception):
                raise error
            yield path, error


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--all", action="store_true", help="execute also what is unchanged")
    arguments = parser.parse_args()
    paths = [path.resolve() for path in arguments.notebooks] or all_notebooks()
    pin()
    return run(paths, arguments.all)


if __name__ == "__main__":
    sys.exit(main())
