"""The PyTorch trainer: its command line, and several processes."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import Field, fields, replace
from itertools import count
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
import torch
from torch import nn
from trainer_cases import FEW, SHORT, WRAPPER

from cnnbook.trainer import Config, Data, Result, options, train
from cnnbook.trainer import __main__ as command
from cnnbook.trainer import run as trainer_run
from cnnbook.trainer.checkpoint import load_checkpoint
from cnnbook.trainer.config import Folder
from cnnbook.trainer.network import NETWORKS


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

    monkeypatch.setattr(trainer_run, "load_data", lambda val, root: small)
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
    assert "64 x 14 x 14          51,264  Conv2d(32, 64, kernel_size=(5, 5)" in out
    assert "data      40 training images of 1 x 28 x 28 in 10 classes, judged on 40 test" in out
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


@pytest.mark.filterwarnings("ignore:.*torch.jit")  # PyTorch's own use of what it deprecates
def test_no_compiler_is_one_line(
    cli: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "nothing compiled before"))
    with torch._inductor.config.patch({"cpp.cxx": ("absent",)}):
        code, _, err = cli(*FEW, "--network=tiny", "--compile")
    assert code == 2
    assert "error: --compile: PyTorch cannot compile here: No working C++ compiler" in err


def test_without_a_terminal_a_line_comes_now_and_then(
    cli: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, whole: Result
) -> None:
    """By a clock that goes on by 10 seconds whenever it is read."""
    clock = count(0, 10)
    monkeypatch.setattr(command, "perf_counter", lambda: next(clock))
    _, out, err = cli(*FEW)
    lines = [line for line in out.splitlines() if " of 6, " in line]
    expected = [f"step {i} of 6, loss {whole.history.losses[i - 1]:,.4g}" for i in (3, 6)]
    assert (lines, err) == (expected, "")


def test_the_result_tells_the_seconds_of_all_sessions(
    cli: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    cli(*FEW, "--steps=3", "--checkpoint=run.pt")
    before = load_checkpoint(tmp_path / "run.pt")["seconds"]
    cli(*FEW, "--steps=3", "--checkpoint=run.pt", "--resume", "--json=result.json")
    found = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert found["seconds"] >= round(before, 3) > 0


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--recipe=best", "--batch-size=2048"], (325, 2048, 0.998**16, 5e-3)),
        (["--recipe=best", "--batch-size=64"], (10_400, 64, 0.998**0.5, 5e-3)),
        (
            ["--recipe=best", "--batch-size=2048", "--steps=9", "--average=0.5"],
            (9, 2048, 0.5, 5e-3),
        ),
        (["--recipe=best", "--batch-size=60000"], (11, 60_000, 0.998**468.75, 5e-3)),
        (["--recipe=best", "--lr=0.1"], (5200, 128, 0.998, 0.1)),
        (["--batch-size=256"], (500, 256, 0.0, 1e-3)),
    ],
)
def test_a_recipe_in_other_batches_keeps_its_epochs(
    argv: list[str], expected: tuple[float, ...]
) -> None:
    config = options.config_from(options.parser().parse_args(argv))
    assert (config.steps, config.batch_size, config.average, config.lr) == expected


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["--init", "xavier"], "invalid choice: 'xavier'"),
        (["--steps", "0"], "steps: expected at least 1, got 0"),
        (["--batch-size", "41"], "expected at most 40 images, got 41"),
        (["--device", "tpu"], "device: expected auto or, on this machine"),
        (["--threads", "0"], "threads: expected at least 1, got 0"),
        (["--checkpoint", "x.pt", "--checkpoint-every", "0"], "checkpoint_every: expected"),
        (["--resume"], "resume: expected a checkpoint, got none"),
        (
            ["--json=a", "--checkpoint=a"],
            "--json and --checkpoint: expected two files, got a twice",
        ),
        (["--device", "cpu:7"], "got 'cpu:7'"),
        (["--device", "cpu:"], "got 'cpu:'"),
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
    often = ["--steps=1000000", "--checkpoint-every=5", f"--checkpoint={path}"]
    argv = [sys.executable, "-c", WRAPPER, *FEW, *often]

    def has_begun() -> bool:
        return path.exists() and load_checkpoint(path)["step"] > 0

    log = tmp_path / "log.txt"
    with (
        log.open("w", encoding="utf-8") as file,
        subprocess.Popen(
            argv, cwd=tmp_path, stdout=file, stderr=subprocess.PIPE, text=True, encoding="utf-8"
        ) as job,
    ):
        while not has_begun() and job.poll() is None:
            time.sleep(0.05)
        plan = log.read_text(encoding="utf-8")  # not kept back for as long as the run takes
        job.send_signal(signal.SIGINT)
        try:
            _, err = job.communicate(timeout=60)
        finally:
            job.kill()
    assert "plan      1000000 steps of 16 images" in plan
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
    assert out.startswith("recipe    lenet5: 20000 steps of 128 images; other batches keep its ep")
    assert "lenet5: 61,706 parameters, initialisation he" in out
    assert "7 steps" in out
    assert "one-cycle" in out


# Both processes compare, before the first step, a network of their own in float64 with one that
# sees the whole batch; the second dies before its fourth step, once.
EVENTS = """
from pathlib import Path
import torch
from torch.nn.functional import cross_entropy
from cnnbook.trainer import build, parallel, pixels
from cnnbook.trainer.run import Run

def compare():
    images, labels = small.train.take(torch.arange(32))
    losses = []
    for shared in (True, False):
        model = build("lenet5", "he", torch.Generator().manual_seed(0)).double()
        network = parallel.wrap(model) if shared else model
        x, y = pixels(images).double(), labels
        x, y = map(parallel.share, (x, y)) if shared else (x, y)
        for _ in range(5):
            loss = cross_entropy(network(x), y)
            loss.backward()
            for p in model.parameters():
                p.data -= 0.01 * p.grad
                p.grad = None
            mean = parallel.total(loss.detach()) / parallel.size() if shared else loss.detach()
            losses.append(mean)
    together, alone = torch.stack(losses).view(2, 5)
    assert together.dtype == torch.float64
    print("apart by", float((together / alone - 1).abs().max()), flush=True)

advance = Run.advance
def advance_or_die(run):
    if run.step == 0:
        compare()
    if os.environ["RANK"] == "1" and run.step == 3 and not Path("died").exists():
        Path("died").touch()
        os._exit(9)
    return advance(run)
Run.advance = advance_or_die
"""
# Without batch normalisation nothing differs from one process but the rounding of sums.
TOGETHER = replace(SHORT, network="lenet5", augment=1.0, average=0.5)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run of two processes of which one dies and both begin again; gives folder and output."""
    if sys.platform == "win32":
        pytest.skip("PyTorch for Windows has no libuv for torchrun")
    folder = tmp_path_factory.mktemp("together")
    script = folder / "small.py"
    script.write_text(WRAPPER.replace("sys.exit", EVENTS + "sys.exit"), encoding="utf-8")
    launcher = ["torch.distributed.run", "--standalone", "--nproc-per-node=2", "--max-restarts=1"]
    files = ["--checkpoint=run.pt", "--resume", "--checkpoint-every=2", "--json=result.json"]
    options = ["--network=lenet5", "--augment=1", "--average=0.5"]
    found = subprocess.run(
        [sys.executable, "-m", *launcher, str(script), *FEW, *files, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=180,
    )
    assert found.returncode == 0, found.stderr
    return folder, found.stdout


def test_two_processes_take_the_steps_of_one_though_one_dies(
    job: tuple[Path, str], small: Data
) -> None:
    folder, out = job
    whole = train(TOGETHER, small)
    assert (folder / "died").exists()
    assert out.count("resumed   from run.pt") == 1
    assert out.count("accuracy  ") == 1
    found = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert found["processes"] == 2
    assert found["history"]["losses"] == pytest.approx(whole.history.losses, rel=1e-4)
    assert found["test_accuracy"] == pytest.approx(whole.test_accuracy, abs=0.05)


def test_one_process_goes_on_where_two_stopped(job: tuple[Path, str], small: Data) -> None:
    folder, _ = job
    longer = replace(TOGETHER, steps=8)
    resumed = train(longer, small, checkpoint=folder / "run.pt", resume=True)
    assert resumed.history.steps == list(range(1, 9))
    assert resumed.history.losses == pytest.approx(train(longer, small).history.losses, rel=1e-4)


def test_two_processes_agree_with_one_to_14_digits_in_float64(job: tuple[Path, str]) -> None:
    """Gradients averaged over two halves of a batch are those of the batch: 2e-16 was seen."""
    apart = [float(line.split()[-1]) for line in job[1].splitlines() if line.startswith("apart")]
    assert len(apart) == 2
    assert max(apart) < 1e-14
