"""Keep every page of the book free of requests to other hosts.

MathJax is copied out of the package sphinx-mathjax-offline instead of being loaded from a CDN,
and sphinx-thebe, which would load a kernel client from another host, is unhooked.
"""

from importlib.metadata import distribution
from pathlib import Path
from shutil import copy2, copytree

from sphinx.application import Sphinx
from sphinx.config import Config

PACKAGE = "sphinx-mathjax-offline"
SCRIPT = "tex-chtml-full.js"
FONTS = "output/chtml/fonts/woff-v2"

# Without these two packages a mistake in a formula is an error node, which the tests find,
# and not a piece of red text. The menu would load further files on demand.
MATHJAX = {
    "tex": {"packages": {"[-]": ["noerrors", "noundefined"]}},
    "options": {"enableMenu": False},
}


def use_local_mathjax(app: Sphinx, config: Config) -> None:
    """Point the pages at the copy in `_static/mathjax`."""
    config.mathjax_path = f"mathjax/{SCRIPT}"
    config.mathjax3_config = MATHJAX


def copy_mathjax(app: Sphinx, exception: Exception | None) -> None:
    """Copy the script and its fonts; no page needs anything else of MathJax."""
    if exception is not None or app.builder.format != "html":
        return
    source = Path(str(distribution(PACKAGE).locate_file(f"{PACKAGE}/static/mathjax")))
    target = Path(app.outdir, "_static", "mathjax")
    copytree(source / FONTS, target / FONTS, dirs_exist_ok=True)
    copy2(source / SCRIPT, target / SCRIPT)


def unhook_thebe(app: Sphinx, config: Config) -> None:
    """Disconnect sphinx-thebe, which Jupyter Book always loads."""
    listeners = [one for group in app.events.listeners.values() for one in group]
    for listener in listeners:
        if listener.handler.__module__ == "sphinx_thebe":
            app.disconnect(listener.id)
    css = app.registry.css_files
    css[:] = [entry for entry in css if entry[0] != "sphinx-thebe.css"]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.connect("config-inited", use_local_mathjax)
    app.connect("config-inited", unhook_thebe)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
