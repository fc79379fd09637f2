"""``python -m cnnbook.trainer``: plan, progress and verdict on the screen, results in a file."""

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm  # type: ignore[import-untyped]

from cnnbook.trainer import parallel
from cnnbook.trainer.config import Config, Result, check_int
from cnnbook.trainer.data import Data, load_data
from cnnbook.trainer.machine import choose_device, environment
from cnnbook.trainer.network import build, count_parameters, summary
from cnnbook.trainer.options import config_from, parser
from cnnbook.trainer.run import start
from cnnbook.trainer.trainer import OnStep, train


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    options = parser()
    args = options.parse_args(argv)
    try:
        _check(args)
        with parallel.joined(args.device):
            _execute(args)
    except KeyboardInterrupt as stop:
        print(str(stop) or "interrupted", file=sys.stderr)
        return 130
    except (ValueError, OSError) as error:
        options.error(str(error))
    return 0


def _check(args: Namespace) -> None:
    if args.resume and args.checkpoint is None:
        raise ValueError("--resume needs --checkpoint")
    if args.threads is not None:
        check_int("threads", args.threads, low=1)
        torch.set_num_threads(args.threads)


def _execute(args: Namespace) -> None:
    config = config_from(args)
    data = load_data(config.val, config.root)
    for line in _plan(config, data):
        _say(line)
    if args.resume and Path(args.checkpoint).exists():
        _say(f"resumed   from {args.checkpoint}")
    if args.dry_run:
        return _try_out(args, config, data)
    if args.json is not None:
        Path(args.json).parent.mkdir(parents=True, exist_ok=True)
    result = _train(args, config, data)
    for line in _report(result):
        _say(line)
    if args.json is not None and parallel.rank() == 0:
        Path(args.json).write_text(_as_json(result), encoding="utf-8")


def _train(args: Namespace, config: Config, data: Data) -> Result:
    silent = True if parallel.rank() > 0 else None
    with tqdm(total=config.steps, unit=" steps", disable=silent, leave=False) as bar:
        return train(
            config,
            data,
            on_step=_progress(bar, config.log_every),
            checkpoint=args.checkpoint,
            resume=args.resume,
            checkpoint_every=args.checkpoint_every,
            logdir=args.logdir,
        )


def _progress(bar: "tqdm[None]", every: int) -> OnStep | None:
    def on_step(step: int, loss: Tensor) -> None:
        if step % every == 0:
            bar.set_postfix_str(f"loss {float(loss):,.4g}", refresh=False)
        bar.update(step - bar.n)

    return None if bar.disable else on_step


def _try_out(args: Namespace, config: Config, data: Data) -> None:
    for line in summary(build(config.network, config.init)):
        _say(f"  {line}")
    run = start(config, data, args.checkpoint, args.resume)
    first = run.step + 1
    loss, _ = run.advance()
    _say(f"tried     step {first}: loss {float(loss):,.4g}")
    _say("dry run: nothing written")


def _plan(config: Config, data: Data) -> list[str]:
    machine = environment(choose_device(config.device))
    train_size, val_size, test_size = (len(split.labels) for split in data)
    epochs = config.steps * config.batch_size / train_size
    judges = f"{val_size:,} held out" if config.val else f"{test_size:,} test images"
    parameters = count_parameters(build(config.network))
    return [
        f"device    {machine['device']} ({config.device}); {machine['cpu']},"
        f" {machine['threads']} thread(s), {parallel.size()} process(es)",
        f"data      {train_size:,} training images, judged on {judges}",
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
    content = {
        "config": asdict(result.config),
        "environment": environment(torch.device(result.device)),
        "processes": parallel.size(),
        "history": asdict(result.history),
        "val_accuracy": result.val_accuracy,
        "test_accuracy": result.test_accuracy,
        "seconds": round(result.seconds, 3),
    }
    return json.dumps(content, indent=1) + "\n"


def _say(line: str) -> None:
    if parallel.rank() == 0:
        print(line)


if __name__ == "__main__":
    sys.exit(main())
