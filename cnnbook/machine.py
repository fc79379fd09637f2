"""The machine that a result was computed on: it is written beside every recorded result."""

import platform
import sys
from pathlib import Path

import numpy as np


def machine() -> dict[str, str | int]:
    """Processor, system and versions; threads and PyTorch's version where PyTorch is in use."""
    found: dict[str, str | int] = {
        "processor": processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
    if torch := sys.modules.get("torch"):
        found |= {"threads": torch.get_num_threads(), "torch": torch.__version__}
    return found


def processor(info: Path = Path("/proc/cpuinfo")) -> str:
    """Its name, family and model, as far as the system tells them.

    On Linux the name alone may be that of a whole series: ``AMD EPYC (family 25, model 17)``.
    """
    text = info.read_text(encoding="utf-8") if info.exists() else ""
    pairs = (line.partition(":") for line in text.partition("\n\n")[0].splitlines())
    facts = {key.strip(): fact.strip() for key, _, fact in pairs}
    name = facts.get("model name") or platform.processor() or platform.machine()
    if not {"cpu family", "model"} <= facts.keys():
        return name
    return f"{name} (family {facts['cpu family']}, model {facts['model']})"
