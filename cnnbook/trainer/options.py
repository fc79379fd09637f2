"""The command line of ``python -m cnnbook.trainer``: its options, and what its help says."""

import argparse
from dataclasses import Field, fields, replace
from typing import Any, Literal, get_args, get_origin

from cnnbook.trainer.config import RECIPES, SAVE_EVERY, Config, Folder

DESCRIPTION = """\
Train a network on MNIST and judge it, once, on the 10,000 test images.
Without options this is the source's own experiment: conv 5x5x32, ReLU, max-pool 2, conv 5x5x64,
ReLU, max-pool 2, linear 1024, ReLU, linear 10, by Adam on the softmax cross-entropy.
--recipe NAME begins from a recipe of the book instead; other options change it."""

EPILOG = f"""\
initialisations:
  normal   weights and biases from N(0, 1), as in the source. The loss begins in the tens of
           thousands and most of the {Config.steps} steps are spent on bringing it down.
  he       weights from N(0, 2 / fan_in) in convolutions and linear layers, biases 0. The loss
           begins between 2 and 4, and the same {Config.steps} steps lead much further.
  default  what PyTorch does by itself: weights and biases uniform within 1 / sqrt(fan_in).
           Smaller than He's, and often taken for it.

choices and the test images:
  Try things out with --val: N training images, drawn at random but always the same, are held
  out, the accuracy is that on them, and the test images are left alone. Judge what you chose
  without --val.

recipes and batches:
  --recipe with another --batch-size keeps the epochs: it takes fewer or more --steps, and --average
  runs over as many images. The learning rate stays. For a much larger batch a larger one is worth a
  try, with --val: for SGD, Goyal et al. (2017) multiply both by the same number, and raise the rate
  slowly at first; for Adam no rule is sure.

your own images:
  --data is a folder with four files in MNIST's format and under its names, packed or not: grey
  images of one size, labels from 0 on without gaps. The network fits itself to size and classes.
  Fashion-MNIST and KMNIST are such files. EMNIST's images lie on their side, and its letters are
  counted from 1; QMNIST's labels are the first of eight columns: both have to be written anew.

files:
  Nothing is written that isn't asked for. --checkpoint is written at once, every {SAVE_EVERY}
  steps, at the end and on Ctrl-C (exit code 130), always whole: it appears under its name when
  complete. The same command with --resume goes on where it stopped; on one CPU thread the losses
  are those of a run that was never stopped. More --steps continue a finished run, but not one
  with the one-cycle schedule, which is made for its number of steps. The data may have moved,
  but must be the same.

several machines:
  Start the same torchrun command on each of them. Batch normalisation looks at each process's
  share of a batch alone; torch.nn.SyncBatchNorm, which is not used here, looks at all of it.

examples:
  python -m cnnbook.trainer                              the source's experiment
  python -m cnnbook.trainer --init he --json he.json     one change, and the figures kept
  python -m cnnbook.trainer --init he --dry-run          what would happen; one batch is tried
  python -m cnnbook.trainer --init he --val 5000 --lr 3e-4
  python -m cnnbook.trainer --recipe lenet5 --seed 1     a recipe, with another seed
  python -m cnnbook.trainer --checkpoint run.pt --resume     begin, or go on
  python -m cnnbook.trainer --logdir runs/normal && tensorboard --logdir runs
  torchrun --nproc-per-node 2 -m cnnbook.trainer         every batch shared by two processes
"""

METAVARS = {int: "N", float: "X", str: "NAME", Folder: "DIR"}


def parser() -> argparse.ArgumentParser:
    """The command line: every field of Config, and where to write."""
    result = argparse.ArgumentParser(
        prog="python -m cnnbook.trainer",
        usage="python -m cnnbook.trainer [options]",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    groups = {name: result.add_argument_group(name) for name in ("experiment", "machine", "files")}
    recipes = "all of the following at once (source)"
    groups["experiment"].add_argument("--recipe", choices=RECIPES, help=recipes)
    for field in fields(Config):
        _add(groups[field.metadata["group"]], field)
    _add_running(groups["machine"])
    _add_files(groups["files"])
    return result


def config_from(args: argparse.Namespace) -> Config:
    """The recipe, changed by the options that were given; other batches keep its epochs."""
    given = {f.name: getattr(args, f.name) for f in fields(Config) if f.name in args}
    if args.recipe is None:
        return Config(**given)
    config = replace(RECIPES[args.recipe], **given)
    times = config.batch_size / RECIPES[args.recipe].batch_size
    steps, average = max(1, round(config.steps / times)), config.average**times
    return replace(config, **{"steps": steps, "average": average} | given)


def _add(group: argparse._ArgumentGroup, field: "Field[Any]") -> None:
    """What isn't given is left out of the result, so that a recipe's value stays."""
    flag = field.metadata["flag"] or "--" + field.name.replace("_", "-")
    about: dict[str, Any] = {"dest": field.name, "default": argparse.SUPPRESS, "help": _help(field)}
    kind: Any = field.type
    if kind is bool:
        group.add_argument(flag, action=argparse.BooleanOptionalAction, **about)
    elif get_origin(kind) is Literal:
        group.add_argument(flag, choices=get_args(kind), **about)
    else:
        convert = kind if kind in (int, float) else str
        group.add_argument(flag, type=convert, metavar=METAVARS[kind], **about)


def _help(field: "Field[Any]") -> str:
    text, value = str(field.metadata["help"]), field.default
    if value is None:
        return text
    shown = "no" if value is False else f"{value:g}" if isinstance(value, float) else value
    return f"{text} ({shown})"


def _add_running(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--threads", type=int, metavar="N", help="CPU threads (PyTorch's choice)")
    tried = "show the plan, try one batch, write nothing"
    group.add_argument("--dry-run", action="store_true", help=tried)


def _add_files(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--checkpoint", metavar="FILE", help="where the run is kept; an existing file is an error")
    add("--resume", action="store_true", help="go on from --checkpoint, if it exists")
    every = "steps between two checkpoints (%(default)s)"
    add("--checkpoint-every", type=int, default=SAVE_EVERY, metavar="N", help=every)
    add("--logdir", metavar="DIR", help="curves for TensorBoard, one folder for each run")
    add("--json", metavar="FILE", help="result, configuration, seed, hardware and versions")
