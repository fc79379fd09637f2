"""Keep every page of the book free of requests to other hosts.

sphinx-thebe, which would load a kernel client from another host, is unhooked.
"""

from sphinx.application import Sphinx
from sphinx.config import Config


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
    app.connect("config-inited", unhook_thebe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
