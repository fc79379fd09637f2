"""``python -m cnnbook.trainer``: plan, progress and verdict on the screen, results in a file."""

import json
import math
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor
from tqdm import tqdm  # type: ignore[import-untyped]

from cnnbook.trainer import parallel
from cnnbook.trainer.config import RECIPES, Config, checked
from cnnbook.trainer.device import environment
from cnnbook.trainer.loop import OnStep, Result, finish
from cnnbook.trainer.network import count_parameters, summary, times
from cnnbook.trainer.options import config_from, parser
from cnnbook.trainer.run import Run, start

EVERY_SECONDS = 30  # comes a line where there is no terminal


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    options = parser()
    args = options.parse_args(argv)
    try:
        _check(args)
        config = config_from(args)
        with parallel.joined(config.device):
            _execute(config, args)
    except KeyboardInterrupt as stop:
        print(str(stop) or "interrupted", file=sys.stderr)
        return 130
    except (ValueError, OSError) as error:
        options.error(str(error))
    except torch._dynamo.exc.BackendCompilerFailed as error:
        options.error(f"--compile: PyTorch cannot compile here: {error.inner_exception}")
    return 0


def _check(args: Namespace) -> None:
    if args.json is not None and args.json == args.checkpoint:
        raise ValueError(f"--json and --checkpoint: expected two files, got {args.json} twice")
    checked("checkpoint_every", args.checkpoint_every, int, at_least=1)
    if args.threads is not None:
        checked("threads", args.threads, int, at_least=1)
        torch.set_num_threads(args.threads)


def _execute(config: Config, args: Namespace) -> None:
    run = start(config, None, args.checkpoint, args.resume, args.logdir)
    for line in _plan(run, args.recipe):
        _say(line)
    if run.step:
        _say(f"resumed   from {args.checkpoint}")
    if args.dry_run:
        return _try_out(run)
    if args.json is not None and parallel.rank() == 0:
        _check_writable(Path(args.json))
    result = _train(args, run)
    for line in _report(result):
        _say(line)
    if args.json is not None and parallel.rank() == 0:
        Path(args.json).write_text(_as_json(result), encoding="utf-8")


def _check_writable(file: Path) -> None:
    """Raises OSError now rather than after the training; leaves what was there."""
    is_new = not file.exists()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.open("ab").close()
    if is_new:
        file.unlink()


def _train(args: Namespace, run: Run) -> Result:
    silent = True if parallel.rank() > 0 else None
    with tqdm(total=run.config.steps, unit=" steps", disable=silent, leave=False) as bar:
        on_step = _lines(run.config.steps) if bar.disable else _moving(bar, run.config.log_every)
        return finish(run, on_step, args.checkpoint, args.checkpoint_every, args.logdir)


def _moving(bar: "tqdm[None]", every: int) -> OnStep:
    def on_step(step: int, loss: Tensor) -> None:
        if step % every == 0:
            bar.set_postfix_str(f"loss {float(loss):,.4g}", refresh=False)
        bar.update(step - bar.n)

    return on_step


def _lines(steps: int) -> OnStep:
    """Without a terminal to draw a bar on, a line now and then."""
    said = perf_counter()

    def on_step(step: int, loss: Tensor) -> None:
        nonlocal said
        if perf_counter() - said >= EVERY_SECONDS:
            _say(f"step {step} of {steps}, loss {float(loss):,.4g}")
            said = perf_counter()

    return on_step


def _try_out(run: Run) -> None:
    for line in summary(run.learner.model, run.data.shape):
        _say(f"  {line}")
    loss, _ = run.advance()
    _say(f"tried     step {run.step}: loss {float(loss):,.4g}")
    _say("dry run: nothing written")


def _plan(run: Run, recipe: str | None) -> list[str]:
    config, machine = run.config, environment(run.device)
    train_size, val_size, test_size = (len(split.labels) for split in run.data)
    epochs = config.steps * config.batch_size / train_size
    judges = f"{val_size:,} held out" if config.val else f"{test_size:,} test images"
    parameters = count_parameters(run.learner.model)
    lines = []
    if recipe is not None and config.batch_size != RECIPES[recipe].batch_size:
        own = f"{RECIPES[recipe].steps} steps of {RECIPES[recipe].batch_size} images"
        lines = [f"recipe    {recipe}: {own}; other batches keep its epochs and its learning rate"]
    return [
        *lines,
        f"device    {machine['device']} ({config.device}); {machine['processor']},"
        f" {machine['threads']} thread(s), {parallel.size()} process(es)",
        f"data      {train_size:,} training images of {times(run.data.shape)}"
        f" in {run.data.classes} classes, judged on {judges}",
        f"network   {config.network}: {parameters:,} parameters, initialisation {config.init}",
        f"plan      {config.steps} steps of {config.batch_size} images ({epochs:.2f} epochs),"
        f" Adam, learning rate {config.lr:g} ({config.schedule}), seed {config.seed}",
    ]


def _report(result: Result) -> list[str]:
    history = result.history
    ends = sorted({0, len(history.steps) - 1})
    curve = [f"step {history.steps[i]:<4} loss {history.losses[i]:,.4g}" for i in ends]
    name = "val" if result.config.val else "test"
    accuracy = result.val_accuracy if result.config.val else result.test_accuracy
    return [*curve, f"accuracy  {accuracy:.4f} ({name}), {result.seconds:.1f} s of training"]


def _as_json(result: Result) -> str:
    """What JSON has no number for, a loss that is infinite or none, becomes null."""
    history = asdict(result.history)
    history["losses"] = [x if math.isfinite(x) else None for x in history["losses"]]
    content = {
        "config": asdict(result.config),
        "environment": environment(torch.device(result.device)),
        "processes": parallel.size(),
        "history": history,
        "val_accuracy": result.val_accuracy,
        "test_accuracy": result.test_accuracy,
        "seconds": round(result.seconds, 3),
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _say(line: str) -> None:
    if parallel.rank() == 0:
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
