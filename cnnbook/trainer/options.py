"""The command line of ``python -m cnnbook.trainer``: its options, and what its help says."""

import argparse
from dataclasses import fields, replace
from typing import get_args

from cnnbook.trainer.config import Config, Init, Network, Schedule
from cnnbook.trainer.recipes import RECIPES

DESCRIPTION = """\
Train a network on MNIST and judge it, once, on the 10,000 test images.
Without options this is the source's own experiment: conv 5x5x32, ReLU, max-pool 2, conv 5x5x64,
ReLU, max-pool 2, linear 1024, ReLU, linear 10, by Adam on the softmax cross-entropy.
--recipe NAME begins from a recipe of the book instead; other options change it."""

EPILOG = """\
initialisations:
  normal   weights and biases from N(0, 1), as in the source. The loss begins in the tens of
           thousands and most of the 500 steps are spent on bringing it down.
  he       weights from N(0, 2 / fan_in) in convolutions and linear layers, biases 0. The loss
           begins between 2 and 4, and the same 500 steps lead much further.
  default  what PyTorch does by itself: weights and biases uniform within 1 / sqrt(fan_in).
           Smaller than He's, and often taken for it.

choices and the test images:
  Try things out with --val: the last images of the training set are held out, the accuracy is
  that on them, and the test images are left alone. Judge what you chose without --val.

files:
  Nothing is written that isn't asked for. --checkpoint is written at once, every 100 steps, at
  the end and on Ctrl-C (exit code 130), always whole: it appears under its name when complete.
  The same command with --resume goes on where it stopped; on one CPU thread the losses are
  those of a run that was never stopped. More --steps continue a finished run.

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


YesNo = argparse.BooleanOptionalAction


def parser() -> argparse.ArgumentParser:
    """The command line: every field of Config, and where to write."""
    result = argparse.ArgumentParser(
        prog="python -m cnnbook.trainer",
        usage="python -m cnnbook.trainer [options]",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_experiment(result.add_argument_group("experiment"))
    _add_machine(result.add_argument_group("machine"))
    _add_files(result.add_argument_group("files"))
    return result


def config_from(args: argparse.Namespace) -> Config:
    """The recipe, changed by the options that were given."""
    given = {field.name: getattr(args, field.name, None) for field in fields(Config)}
    changes = {name: value for name, value in given.items() if value is not None}
    return replace(RECIPES[args.recipe], **changes)


def _add_experiment(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--recipe", choices=RECIPES, default="source", help="all of the following at once (source)")
    add("--network", choices=get_args(Network), help="which network (source)")
    add("--init", choices=get_args(Init), help="how the weights begin, see below (normal)")
    add("--steps", type=int, metavar="N", help="number of steps (500)")
    add("--batch-size", type=int, metavar="N", help="images a step (128)")
    add("--lr", type=float, metavar="X", help="Adam's learning rate (0.001)")
    add("--schedule", choices=get_args(Schedule), help="of the learning rate (constant)")
    add("--weight-decay", type=float, metavar="X", help="AdamW's (0)")
    add("--label-smoothing", type=float, metavar="X", help="share spread over all classes (0)")
    add("--average", type=float, metavar="X", help="decay of an average of the weights (0: none)")
    add("--normalise", action=YesNo, help="pixels of mean 0 and deviation 1 (no)")
    add("--augment", type=float, metavar="X", help="strength of distortions, 1 is strong (0)")
    add("--seed", type=int, metavar="N", help="of all random numbers (0)")
    add("--val", type=int, metavar="N", help="hold out N training images, spare the test (0)")
    add("--log-every", type=int, metavar="N", help="steps between two points of a curve (10)")


def _add_machine(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--device", metavar="NAME", help="cuda, mps, xpu, cpu, cuda:1, ... (auto: the best)")
    add("--threads", type=int, metavar="N", help="CPU threads (PyTorch's choice)")
    add("--channels-last", action=YesNo, help="channels innermost in memory (no)")
    add("--bfloat16", action=YesNo, help="products in bfloat16 (no)")
    add("--compile", action=YesNo, help="compile the network first (no)")
    add("--dry-run", action="store_true", help="show the plan, try one batch, write nothing")


def _add_files(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--data", dest="root", metavar="DIR", help="your own files of MNIST's format")
    add("--checkpoint", metavar="FILE", help="where the run is kept; an existing file is an error")
    add("--resume", action="store_true", help="go on from --checkpoint, if it exists")
    add("--checkpoint-every", type=int, default=100, metavar="N", help="steps between two (100)")
    add("--logdir", metavar="DIR", help="curves for TensorBoard")
    add("--json", metavar="FILE", help="result, configuration, seed, hardware and versions")
