"""The PyTorch trainer: its command line, and several processes."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import Field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
import torch
from torch import nn
from trainer_cases import FEW, SHORT, WRAPPER

from cnnbook.trainer import Config, Data, Result, options, train
from cnnbook.trainer import __main__ as command
from cnnbook.trainer.checkpoint import load_checkpoint
from cnnbook.trainer.config import Folder
from cnnbook.trainer.network import NETWORKS

# The second process dies before its fourth step, once.
DEATH = """
from pathlib import Path
from cnnbook.trainer.run import Run
advance = Run.advance
def dying(run):
    if os.environ["RANK"] == "1" and run.step == 3 and not Path("died").exists():
        Path("died").touch()
        os._exit(9)
    return advance(run)
Run.advance = dying
"""


@pytest.fixture
def cli(
    small: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run a command on the small data in an empty folder; gives exit code, stdout, stderr."""

    def run(*argv: str) -> tuple[int, str, str]:
        try:
            code = command.main(argv)
        except SystemExit as stop:
            code = int(stop.code or 0)
        return (code, *capsys.readouterr())

    monkeypatch.setattr(command, "load_data", lambda val, root: small)
    monkeypatch.chdir(tmp_path)
    return run


def test_help_explains(cli: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = cli("--help")
    assert code == 0
    for word in ["examples:", "initialisations:", "files:", "torchrun", "fan_in", "test images"]:
        assert word in out
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize("field", fields(Config), ids=lambda field: field.name)
def test_every_field_is_an_option_with_help_and_its_default(field: "Field[Any]") -> None:
    (action,) = (a for a in options.parser()._actions if a.dest == field.name)
    default = field.default
    shown = "no" if default is False else f"{default:g}" if field.type is float else default
    assert action.help == field.metadata["help"] + (f" ({shown})" if default is not None else "")
    values: dict[Any, Any] = {bool: None, int: 7, float: 0.5, str: "cpu", Folder: "there"}
    value = get_args(field.type)[-1] if get_origin(field.type) is Literal else values[field.type]
    argv = [action.option_strings[0], *([] if value is None else [str(value)])]
    config = options.config_from(options.parser().parse_args(argv))
    expected: dict[str, Any] = {field.name: True if value is None else value}
    assert config == Config(**expected)
    assert getattr(config, field.name) != default


def test_without_options_it_is_the_source_s_experiment() -> None:
    assert options.config_from(options.parser().parse_args([])) == Config()


def test_dry_run_builds_the_network_once(
    cli: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    build = NETWORKS["tiny"]

    def counted() -> nn.Sequential:
        made.append(build())
        return made[-1]

    monkeypatch.setitem(NETWORKS, "tiny", counted)
    assert cli("--dry-run", "--network=tiny", *FEW)[0] == 0
    assert len(made) == 1


def test_dry_run_writes_nothing(cli: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    files = ["--checkpoint", "a/run.pt", "--logdir", "b", "--json", "c/result.json"]
    code, out, err = cli("--dry-run", *FEW, *files)
    assert (code, err) == (0, "")
    assert "3,274,634 parameters, initialisation he" in out
    assert "64 x 14 x 14          51,264" in out
    assert out.endswith("dry run: nothing written\n")
    assert not list(tmp_path.iterdir())


def test_command_trains_and_keeps_the_result(
    cli: Callable[..., tuple[int, str, str]], tmp_path: Path, whole: Result
) -> None:
    code, out, err = cli(*FEW, "--json", "c/result.json", "--threads", "1")
    assert (code, err) == (0, "")
    assert out.startswith("device    cpu (cpu);")
    assert f"accuracy  {whole.test_accuracy:.4f} (test)" in out
    found = json.loads((tmp_path / "c" / "result.json").read_text(encoding="utf-8"))
    assert found["config"]["seed"] == 0
    assert found["history"]["losses"] == whole.history.losses
    assert found["test_accuracy"] == whole.test_accuracy
    assert found["environment"]["torch"] == torch.__version__
    assert len(list(tmp_path.iterdir())) == 1


def test_a_result_that_cannot_be_written_is_refused_before_the_training(
    cli: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, out, err = cli(*FEW, f"--json={tmp_path}")
    assert code == 2
    assert str(tmp_path) in err
    assert "accuracy" not in out


def test_a_result_that_is_there_stays_until_there_is_another(
    cli: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: object) -> None:
        raise OSError("power cut")

    (tmp_path / "old.json").write_text("old", encoding="utf-8")
    monkeypatch.setattr(command, "finish", crash)
    for name in ("old.json", "new.json"):
        assert cli(*FEW, "--json", name)[0] == 2
    assert (tmp_path / "old.json").read_text(encoding="utf-8") == "old"
    assert not (tmp_path / "new.json").exists()


def test_a_loss_that_is_no_number_is_null(
    cli: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, out, _ = cli(*FEW, "--lr=1e30", "--json=result.json")
    assert code == 0
    assert "loss nan" in out

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is no JSON")

    text = (tmp_path / "result.json").read_text(encoding="utf-8")
    losses = json.loads(text, parse_constant=refuse)["history"]["losses"]
    assert losses[0] > 0
    assert losses[-1] is None


def test_a_full_disk_is_one_line(cli: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    """A limit on the size of files is as good: the write fails half-way."""
    resource = pytest.importorskip("resource", reason="Windows limits no file's size")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        code, _, err = cli(*FEW, "--network=lenet5", "--checkpoint=run.pt")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert code == 2
    assert err.splitlines()[-1].endswith("File too large")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["--init", "xavier"], "invalid choice: 'xavier'"),
        (["--steps", "0"], "steps: expected at least 1, got 0"),
        (["--batch-size", "41"], "expected at most 40 images, got 41"),
        (["--device", "tpu"], "device: expected auto or, on this machine"),
        (["--threads", "0"], "threads: expected at least 1, got 0"),
        (["--checkpoint", "x.pt", "--checkpoint-every", "0"], "checkpoint_every: expected"),
        (["--resume"], "--resume needs --checkpoint"),
    ],
)
def test_wrong_commands(
    argv: list[str], text: str, cli: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, _, err = cli(*argv)
    assert code == 2
    assert text in err
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows can't send SIGINT to one process")
def test_ctrl_c_leaves_a_checkpoint_and_one_line(small: Data, tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    argv = [sys.executable, "-c", WRAPPER, *FEW, "--steps=1000000", f"--checkpoint={path}"]
    with subprocess.Popen(
        argv, cwd=tmp_path, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as job:
        while not path.exists() and job.poll() is None:
            time.sleep(0.05)
        job.send_signal(signal.SIGINT)
        try:
            _, err = job.communicate(timeout=60)
        finally:
            job.kill()
    step = load_checkpoint(path)["step"]
    assert (job.returncode, err) == (130, f"interrupted after step {step}: resume from {path}\n")
    config = replace(SHORT, steps=step + 1)
    assert train(config, small, checkpoint=path, resume=True).history.steps[0] == 1


def test_import_changes_nothing(tmp_path: Path) -> None:
    code = """
import sys, torch
before = torch.get_num_threads(), torch.get_rng_state(), torch.get_default_dtype()
import cnnbook.trainer
assert before[0] == torch.get_num_threads() and torch.equal(before[1], torch.get_rng_state())
assert before[2] == torch.get_default_dtype() and "tensorboard" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_a_recipe_and_what_changes_it(cli: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = cli("--recipe=lenet5", "--steps=7", "--batch-size=16", "--dry-run")
    assert code == 0
    assert "lenet5: 61,706 parameters, initialisation he" in out
    assert "7 steps" in out
    assert "one-cycle" in out


NO_LIBUV = pytest.mark.skipif(
    sys.platform == "win32", reason="PyTorch for Windows has no libuv for torchrun"
)


def launch(tmp_path: Path, restarts: int, *options: str) -> subprocess.CompletedProcess[str]:
    """Two processes, of which the second dies before its fourth step, once."""
    script = tmp_path / "small.py"
    script.write_text(WRAPPER.replace("sys.exit", DEATH + "sys.exit"), encoding="utf-8")
    files = ["--checkpoint=run.pt", "--resume", "--checkpoint-every=2", "--json=result.json"]
    launcher = ["torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    argv = [sys.executable, "-m", *launcher, f"--max-restarts={restarts}", str(script)]
    return subprocess.run(
        [*argv, *FEW, *files, *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=180,
    )


@NO_LIBUV
def test_two_processes_take_the_steps_of_one_though_one_dies(tmp_path: Path, small: Data) -> None:
    """Other sums in float32: 1e-4. Without batch normalisation nothing else differs."""
    options: dict[str, Any] = {"network": "lenet5", "augment": 1.0, "average": 0.5}
    whole = train(replace(SHORT, **options), small)
    flags = [f"--{name}={value}" for name, value in options.items()]
    job = launch(tmp_path, 1, *flags)
    assert job.returncode == 0, job.stderr
    assert (tmp_path / "died").exists()
    assert job.stdout.count("resumed   from run.pt") == 1
    assert job.stdout.count("accuracy  ") == 1
    found = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert found["processes"] == 2
    assert found["history"]["losses"] == pytest.approx(whole.history.losses, rel=1e-4)
    assert found["test_accuracy"] == pytest.approx(whole.test_accuracy, abs=0.05)


@NO_LIBUV
def test_a_dead_process_ends_the_run_and_leaves_a_checkpoint(tmp_path: Path, small: Data) -> None:
    job = launch(tmp_path, 0)
    assert job.returncode != 0
    assert "exitcode" in job.stderr
    assert not (tmp_path / "result.json").exists()
    assert load_checkpoint(tmp_path / "run.pt")["step"] == 2
    resumed = train(SHORT, small, checkpoint=tmp_path / "run.pt", resume=True)
    assert load_checkpoint(tmp_path / "run.pt")["step"] == SHORT.steps
    assert resumed.history.losses == pytest.approx(train(SHORT, small).history.losses, rel=1e-4)


@NO_LIBUV
def test_two_processes_agree_with_one_to_5_digits_in_float64() -> None:
    """Gradients averaged over two halves of a batch are those of the batch."""
    code = """
import torch, torch.distributed as dist
from torch.nn.functional import cross_entropy
from cnnbook.trainer import build, load_data, parallel, pixels
torch.set_num_threads(1)
with parallel.joined("cpu"):
    images, labels = load_data().train.take(torch.arange(32))
    losses = []
    for wrap in (parallel.wrap, lambda model: model):
        model = build("lenet5", "he", torch.Generator().manual_seed(0)).double()
        network, x = wrap(model), pixels(images).double()
        for _ in range(5):
            shared = wrap is parallel.wrap
            batch = map(parallel.share, (x, labels)) if shared else (x, labels)
            xs, ys = batch
            loss = cross_entropy(network(xs), ys)
            loss.backward()
            for p in model.parameters():
                p.data -= 0.01 * p.grad
                p.grad = None
            mean = parallel.total(loss.detach()) / parallel.size() if shared else loss.detach()
            losses.append(mean.item())
    a, b = torch.tensor(losses).view(2, 5)
    assert torch.allclose(a, b, rtol=1e-5), (a, b)
    print("rank", parallel.rank(), "agrees")
"""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--no-python"]
    argv = [sys.executable, *launcher, sys.executable, "-c", code]
    job = subprocess.run(argv, capture_output=True, text=True, encoding="utf-8", timeout=180)
    assert job.returncode == 0, job.stderr
    assert job.stdout.count("agrees") == 2
