"""Execute the notebooks of the book, and compare their figures with the stored ones.

python -m tools.notebooks run [--all] [NOTEBOOK ...]   re-execute in place what changed
python -m tools.notebooks figures [NOTEBOOK ...]       compare figures, change nothing
"""

import argparse
import base64
import hashlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

from tools.environment import pin

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (ROOT / "chapters", ROOT / "appendices")
RECORD = ROOT / "_build" / "notebooks.json"
DIFFERENT = ROOT / "_build" / "figures-check"
PACKAGE = ROOT / "cnnlib"
RESULTS = PACKAGE / "results"
NAMED = re.compile(r'recorded\(\\"(\w+)')  # in a stored notebook, so with a backslash

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE_INFO = {"name": "python"}
NOTEBOOK_METADATA = {"kernelspec", "language_info", "myst"}
CELL_METADATA = {"mystnb", "tags"}

CELL_TIMEOUT = 900  # seconds
BLOCK = 4  # pixels: figures are compared by the means of blocks of this size
BLOCK_TOLERANCE = 0.2  # of full brightness: a line moved by one pixel stays below it
SHARE_TOLERANCE = 0.002  # of all blocks: a curve of another shape is above it


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
    """Keep only the metadata that the book uses, no local paths of tracebacks, small figures."""
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
            if "image/png" in output.get("data", {}):
                png = base64.b64decode(output.data["image/png"])
                output.data["image/png"] = base64.b64encode(shrink(png)).decode("ascii")
    return notebook


def shrink(png: bytes) -> bytes:
    """The same picture with a palette of 128 colours: a quarter of the size, no visible change."""
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    if image.getextrema()[3] != (255, 255):  # transparent
        return png
    small = io.BytesIO()
    palette = image.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    palette.save(small, format="png", optimize=True)
    return small.getvalue()


def run_in_place(path: Path) -> None:
    before = path.read_text(encoding="utf-8")
    after = nbformat.writes(execute(path)) + "\n"
    if after != before:
        path.write_text(after, encoding="utf-8", newline="\n")


# --- what changed ---


def inputs(path: Path) -> list[Path]:
    """The package, but of its results only the files, and folders, that the notebook names."""
    named = set(NAMED.findall(path.read_text(encoding="utf-8")))
    files = (file for file in PACKAGE.rglob("*") if file.is_file() and file.suffix != ".pyc")
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
    """Whether a notebook and its inputs are as in the last commit, whose outputs are tested."""
    files = [path, PACKAGE, *inputs(path)]
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


def run_command(paths: list[Path], everything: bool) -> int:
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


# --- figures ---


def figures(notebook: NotebookNode) -> dict[str, bytes]:
    """PNG images by "cell-output"; cells whose output is not compared are left out."""
    return {
        f"{c}-{o}": base64.b64decode(output.data["image/png"])
        for c, cell in enumerate(notebook.cells)
        if "nbval-ignore-output" not in cell.metadata.get("tags", [])
        for o, output in enumerate(cell.get("outputs", []))
        if "image/png" in output.get("data", {})
    }


def block_means(png: bytes) -> np.ndarray:
    """Means over blocks of BLOCK x BLOCK pixels, on white, 0 to 1."""
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    pixels = np.asarray(Image.alpha_composite(white, image).convert("RGB")) / 255
    height, width = (-size % BLOCK for size in pixels.shape[:2])
    pixels = np.pad(pixels, ((0, height), (0, width), (0, 0)), mode="edge")
    rows, columns = (size // BLOCK for size in pixels.shape[:2])
    return pixels.reshape(rows, BLOCK, columns, BLOCK, 3).mean(axis=(1, 3))


def compare_figures(stored: bytes, fresh: bytes) -> str | None:
    """None if two PNG images show the same, else what differs."""
    sizes = [Image.open(io.BytesIO(png)).size for png in (stored, fresh)]
    if sizes[0] != sizes[1]:
        return f"size {sizes[1]}, stored {sizes[0]}"
    difference = np.abs(block_means(stored) - block_means(fresh)).max(axis=2)
    share = float((difference > BLOCK_TOLERANCE).mean())
    return f"{share:.1%} of the picture differs" if share > SHARE_TOLERANCE else None


def check_figures(path: Path) -> None:
    """Raise ValueError if a figure differs from the stored one; leave both to be looked at."""
    stored = figures(nbformat.read(path, as_version=4))
    fresh = figures(execute(path))
    if stored.keys() != fresh.keys():
        raise ValueError(f"figures in cells {list(fresh)}, stored in cells {list(stored)}")
    problems = {key: compare_figures(stored[key], fresh[key]) for key in stored}
    problems = {key: problem for key, problem in problems.items() if problem}
    for key in problems:
        DIFFERENT.mkdir(parents=True, exist_ok=True)
        (DIFFERENT / f"{path.stem}-{key}-stored.png").write_bytes(stored[key])
        (DIFFERENT / f"{path.stem}-{key}-fresh.png").write_bytes(fresh[key])
    if problems:
        listed = "; ".join(f"figure {key}: {text}" for key, text in problems.items())
        raise ValueError(f"{listed}; see {DIFFERENT.relative_to(ROOT)}")


def figures_command(paths: list[Path]) -> int:
    failed = False
    for path, error in in_parallel(check_figures, paths):
        print(f"{path.name}: {error or 'figures as stored'}", flush=True)
        failed = failed or error is not None
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
    parser.add_argument("command", choices=["run", "figures"])
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--all", action="store_true", help="execute also what is unchanged")
    arguments = parser.parse_intermixed_args()
    paths = [path.resolve() for path in arguments.notebooks] or all_notebooks()
    pin()
    if arguments.command == "run":
        return run_command(paths, arguments.all)
    return figures_command(paths)


if __name__ == "__main__":
    sys.exit(main())
