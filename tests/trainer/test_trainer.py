"""The PyTorch trainer: that it is right, exact, and leaves nothing broken behind."""

import json
import math
import pickle
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, BinaryIO, get_args

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnnbook.trainer import (
    BatchOrder,
    Config,
    Data,
    Result,
    Split,
    choose_device,
    evaluate,
    load_data,
    machine,
    pixels,
    source_net,
    train,
)
from cnnbook.trainer import __main__ as command
from cnnbook.trainer.augment import Distortions, distort
from cnnbook.trainer.checkpoint import load_checkpoint, save_checkpoint
from cnnbook.trainer.config import Network
from cnnbook.trainer.lenet1998 import C3_READS, ScaledTanh, pictures
from cnnbook.trainer.network import NETWORKS, build, count_parameters, summary
from cnnbook.trainer.run import Run
from cnnbook.trainer.steps import count_hits

SHORT = Config(init="he", steps=6, batch_size=16, log_every=1, device="cpu")
EVERYTHING = replace(
    SHORT,
    schedule="one-cycle",
    weight_decay=0.01,
    label_smoothing=0.1,
    average=0.9,
    normalise=True,
    augment=1.0,
    channels_last=True,
)
WRAPPER = """
import os, signal, sys
from cnnbook.trainer import Data, Split, load_data, __main__ as command
signal.signal(signal.SIGINT, signal.default_int_handler)
small = Data(*(Split(x[:40], y[:40]) for x, y in load_data()))
command.load_data = lambda val, root: small
sys.exit(command.main())
"""


DEATH = """
from pathlib import Path
from cnnbook.trainer.config import Network
from cnnbook.trainer.lenet1998 import C3_READS, ScaledTanh, pictures
from cnnbook.trainer.network import NETWORKS, build, count_parameters, summary
from cnnbook.trainer.recipes import RECIPES
from cnnbook.trainer.run import Run
advance = Run.advance
def dying(run):
    if os.environ["RANK"] == "1" and run.step == 3 and not Path("died").exists():
        Path("died").touch()
        os._exit(9)
    return advance(run)
Run.advance = dying
"""


def first(split: Split, count: int) -> Split:
    return Split(split.images[:count], split.labels[:count])


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Ctrl-C works even where the tests were started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def mnist() -> Data:
    return load_data(val=50)


@pytest.fixture(scope="module")
def small(mnist: Data) -> Data:
    """40 images to learn from: 16 a step meet the end of an epoch inside a batch."""
    return Data(first(mnist.train, 40), first(mnist.val, 0), first(mnist.test, 40))


def equal(a: nn.Module, b: nn.Module) -> bool:
    pairs = zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    return all(torch.equal(x, y) for x, y in pairs)


def interrupt_after(step: int) -> Callable[[int, Tensor], None]:
    def on_step(now: int, loss: Tensor) -> None:
        if now == step:
            signal.raise_signal(signal.SIGINT)

    return on_step


# ---------------------------------------------------------------------------- the network


def test_network_is_the_source_s() -> None:
    kinds = "Conv2d ReLU MaxPool2d Conv2d ReLU MaxPool2d Flatten Linear ReLU Linear"
    model = source_net()
    assert [type(layer).__name__ for layer in model] == kinds.split()
    assert sum(p.numel() for p in model.parameters()) == 3_274_634
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_normal_draws_weights_and_biases_from_the_standard_normal() -> None:
    for p in source_net("normal", torch.Generator().manual_seed(0)).parameters():
        std, mean = torch.std_mean(p.detach())
        assert abs(float(mean)) < 4 / math.sqrt(p.numel())
        assert abs(float(std) - 1) < 4 / math.sqrt(p.numel())


def test_he_scales_convolutions_and_linear_layers_by_fan_in() -> None:
    for p in source_net("he", torch.Generator().manual_seed(0)).parameters():
        if p.dim() == 1:
            assert not p.any()
        else:
            std = math.sqrt(2 / p[0].numel())
            assert float(p.detach().std()) == pytest.approx(std, rel=3 / math.sqrt(p.numel()))


def test_default_is_pytorch_s_own() -> None:
    model = source_net("default", torch.Generator().manual_seed(7))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        own = nn.Conv2d(1, 32, 5)
    assert torch.equal(model[0].weight, own.weight)
    assert torch.equal(model[0].bias, own.bias)


@pytest.mark.parametrize("init", ["normal", "he", "default"])
def test_weights_depend_on_the_generator_alone(init: str) -> None:
    before = torch.get_rng_state()
    a, b = (source_net(init, torch.Generator().manual_seed(3)) for _ in range(2))
    assert equal(a, b)
    assert torch.equal(before, torch.get_rng_state())
    assert not equal(a, source_net(init, torch.Generator().manual_seed(4)))


@pytest.mark.parametrize(
    ("network", "count"),
    [
        ("source", 3_274_634),
        ("lenet5", 61_706),
        ("lenet5-bn", 61_750),
        ("lenet5-1998", 60_000),
        ("official", 1_199_882),
    ],
)
def test_published_numbers_of_parameters(network: Network, count: int) -> None:
    assert count_parameters(build(network)) == count


def test_small_networks_are_small() -> None:
    assert count_parameters(build("small")) <= 10_000
    assert count_parameters(build("tiny")) <= 2_000


@pytest.mark.parametrize("network", NETWORKS)
def test_networks_give_ten_logits_and_a_summary(network: Network) -> None:
    model = build(network, "he", torch.Generator().manual_seed(0)).eval()
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    counts = [int(line.split()[-1].replace(",", "")) for line in summary(model)]
    assert sum(counts) == count_parameters(model)


def test_the_lenet_of_1998_layer_by_layer() -> None:
    counts = [count_parameters(layer) for layer in build("lenet5-1998")]
    assert [n for n in counts if n] == [156, 12, 1_516, 32, 48_120, 10_164]


def test_each_map_of_c3_reads_what_the_table_says() -> None:
    layer = build("lenet5-1998")[5]
    for i in range(6):
        x = torch.zeros(1, 6, 5, 5)
        x[0, i] = 1
        with torch.no_grad():
            seen = (layer(x) != layer(torch.zeros_like(x))).flatten()
        assert seen.tolist() == [i in reads for reads in C3_READS]


def test_parts_of_the_lenet_of_1998() -> None:
    model = build("lenet5-1998")
    framed = model[0](torch.ones(1, 1, 28, 28))
    assert framed.shape == (1, 1, 32, 32)
    assert framed[0, 0, 0, 0] == pytest.approx(-0.1)
    assert framed[0, 0, 2, 2] == pytest.approx(1.175)
    assert ScaledTanh()(torch.tensor(1.0)) == pytest.approx(1, abs=1e-4)
    with torch.no_grad():
        sums = model[3](torch.ones(1, 6, 2, 2))[0, :, 0, 0]
    assert torch.allclose(sums, 4 * model[3].coefficient.flatten())
    assert torch.equal(model[-1](pictures().flatten(1)).argmax(1), torch.arange(10))
    assert model[-1](pictures().flatten(1)).diagonal().tolist() == [0] * 10


# --------------------------------------------------------------------- devices and data


def test_device_is_the_best_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in machine.ACCELERATORS:
        monkeypatch.setitem(machine.ACCELERATORS, kind, lambda: False)
    for kind in ["cpu", "xpu", "mps", "cuda"]:
        monkeypatch.setitem(machine.ACCELERATORS, kind, lambda: True)
        assert choose_device().type == kind
    assert choose_device("cpu").type == "cpu"
    assert choose_device("cuda:1") == torch.device("cuda:1")


@pytest.mark.parametrize("name", ["cuda", "gpu", "cpu:x", "meta", ""])
def test_unknown_or_absent_device(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(machine.ACCELERATORS, "cuda", lambda: False)
    with pytest.raises(ValueError, match=r"device: expected .*, got"):
        choose_device(name)


@pytest.mark.parametrize("network", get_args(Network))
def test_a_step_and_an_evaluation_stay_on_the_device(network: Network, small: Data) -> None:
    run = Run(replace(EVERYTHING, network=network), small, torch.device("meta"))
    loss, accuracy = run.advance()
    count = count_hits(run.learner.judged, *run.data.test)
    assert {x.device.type for x in (loss, accuracy, count)} == {"meta"}


@pytest.mark.parametrize("config", [SHORT, EVERYTHING], ids=["plain", "everything"])
@pytest.mark.parametrize("planted", ["images", "labels", "parameter"])
def test_a_tensor_left_on_the_cpu_is_caught(planted: str, config: Config, small: Data) -> None:
    run = Run(config, small, torch.device("meta"))
    if planted == "parameter":
        run.learner.judged[-1].bias = run.learner.model[-1].bias = nn.Parameter(torch.zeros(10))
    else:
        left = run.data.train._replace(**{planted: getattr(small.train, planted)})
        run.data = Data(left, run.data.val, left)
    with pytest.raises(RuntimeError, match="not on the expected device"):
        run.advance()
    with pytest.raises(RuntimeError, match="not on the expected device"):
        count_hits(run.learner.judged, *run.data.test)


def test_data_are_all_of_mnist(mnist: Data) -> None:
    assert [len(split.labels) for split in mnist] == [59_950, 50, 10_000]
    assert mnist.train.images.shape[1:] == (1, 28, 28)
    x = pixels(mnist.train.images[:100])
    assert (x.dtype, float(x.min()), float(x.max())) == (torch.float32, 0.0, 1.0)


@pytest.mark.parametrize("val", [60_000, 70_000, -1])
def test_validation_split_must_leave_something(val: int) -> None:
    with pytest.raises(ValueError, match=f"val: expected 0 to 59999 .* got {val}"):
        load_data(val)


def test_batches_go_through_one_permutation_after_another() -> None:
    order = BatchOrder(10, 4, seed=0)
    epochs = torch.cat([next(order) for _ in range(10)]).reshape(4, 10)
    assert [sorted(epoch) for epoch in epochs.tolist()] == [list(range(10))] * 4
    assert len({tuple(epoch) for epoch in epochs.tolist()}) == 4
    assert next(BatchOrder(100, 50, seed=0)).tolist() != next(BatchOrder(100, 50, 1)).tolist()


def test_batch_order_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="expected at most 3 images, got 4"):
        BatchOrder(3, 4, seed=0)
    with pytest.raises(ValueError, match="expected 10 training images, got 11"):
        BatchOrder(11, 4, seed=0).load_state_dict(BatchOrder(10, 4, seed=0).state_dict())


@pytest.fixture(scope="module")
def digits(small: Data) -> Tensor:
    return pixels(small.train.images)


def test_no_distortion_at_strength_0(digits: Tensor) -> None:
    drawn = Distortions(seed=0, strength=0).draw(len(digits))
    assert torch.allclose(distort(digits, *drawn), digits, atol=1e-5)


def test_distortions_are_mild_and_decided_by_the_seed(digits: Tensor) -> None:
    one, same, other = (distort(digits, *Distortions(s, 0.5).draw(40)) for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.allclose(one, other)
    assert one.shape == digits.shape
    ink = one.sum((1, 2, 3)) / digits.sum((1, 2, 3))
    assert ((ink > 0.6) & (ink < 1.6)).all()


def test_a_distortion_moves_to_where_it_points(digits: Tensor) -> None:
    """Reading two pixels further right moves the picture two pixels to the left."""
    affine = torch.tensor([[1, 0, 2 / 14], [0, 1, 0]]).expand(40, 2, 3)
    moved = distort(digits, affine, torch.zeros(40, 2, 5, 5))
    assert torch.allclose(moved[..., :-2], digits[..., 2:], atol=1e-5)


def test_batches_of_distortions_are_those_of_one_stream() -> None:
    """What a resumed run draws next is what the uninterrupted one does."""
    whole, resumed = Distortions(3), Distortions(4)
    whole.draw(5)
    resumed.load_state_dict(whole.state_dict())
    pairs = zip(whole.draw(5), resumed.draw(5), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


# ------------------------------------------------------------------ training and judging


def test_evaluate_counts_right_answers_and_restores_the_mode(mnist: Data) -> None:
    model = source_net("he").train()
    images, labels = first(mnist.test, 1100)
    logits = model(pixels(images)).detach()
    by_hand = sum(int(row.argmax()) == y for row, y in zip(logits, labels.tolist(), strict=True))
    assert evaluate(model, images, labels) == by_hand / 1100
    assert model.training
    assert all(p.grad is None for p in model.parameters())
    model[0].eval()
    with pytest.raises(RuntimeError):
        evaluate(model, images[:, :, :9], labels)
    assert [layer.training for layer in model[:2]] == [False, True]
    assert model.training


def test_training_learns(mnist: Data) -> None:
    data = Data(first(mnist.train, 640), first(mnist.val, 0), first(mnist.test, 200))
    result = train(replace(SHORT, steps=25, batch_size=64, log_every=5), data)
    assert result.history.steps == [1, 5, 10, 15, 20, 25]
    assert result.history.losses[-1] < 1 < result.history.losses[0]
    assert result.test_accuracy is not None
    assert result.test_accuracy > 0.6


def test_same_seed_same_run_in_silence(small: Data, capfd: pytest.CaptureFixture[str]) -> None:
    a, b = train(SHORT, small), train(SHORT, small)
    assert (a.history, a.test_accuracy) == (b.history, b.test_accuracy)
    assert equal(a.model, b.model)
    assert capfd.readouterr() == ("", "")


def test_on_step_sees_every_loss(small: Data) -> None:
    seen: list[tuple[int, float]] = []
    result = train(SHORT, small, on_step=lambda step, loss: seen.append((step, float(loss))))
    assert seen == list(zip(result.history.steps, result.history.losses, strict=True))


def test_held_out_images_spare_the_test_set(mnist: Data) -> None:
    poison = Split(torch.empty(0), torch.empty(0))
    data = Data(first(mnist.train, 40), mnist.val, poison)
    result = train(replace(SHORT, steps=1, val=50), data)
    assert result.val_accuracy == evaluate(result.model, *mnist.val)
    assert result.test_accuracy is None
    with pytest.raises(ValueError, match="val: expected 0 images held out, got 50"):
        train(SHORT, mnist)


@pytest.mark.parametrize(
    ("wrong", "error", "text"),
    [
        ({"init": "xavier"}, ValueError, "init: expected one of .*'he'.*, got 'xavier'"),
        ({"steps": 0}, ValueError, "steps: expected at least 1, got 0"),
        ({"steps": 2.0}, TypeError, "steps: expected an int, got 2.0"),
        ({"batch_size": -1}, ValueError, "batch_size: expected at least 1, got -1"),
        ({"log_every": True}, TypeError, "log_every: expected an int, got True"),
        ({"seed": 2**31}, ValueError, "seed: expected 0 to 2147483647, got 2147483648"),
        ({"val": -5}, ValueError, "val: expected at least 0, got -5"),
        ({"lr": 0.0}, ValueError, "lr: expected a positive number, got 0"),
        ({"lr": math.nan}, ValueError, "lr: expected a positive number, got nan"),
        ({"network": "alexnet"}, ValueError, "network: expected one of .*, got 'alexnet'"),
        ({"schedule": "cosine"}, ValueError, "schedule: expected one of .*, got 'cosine'"),
        ({"average": 1.0}, ValueError, "average: expected 0 <= average < 1, got 1.0"),
        ({"label_smoothing": -0.1}, ValueError, "label_smoothing: expected 0 <= .*, got -0.1"),
        ({"augment": 3}, ValueError, "augment: expected 0 to 2, got 3"),
        ({"lr": "0.1"}, TypeError, "lr: expected a number, got '0.1'"),
        ({"weight_decay": True}, TypeError, "weight_decay: expected a number, got True"),
        ({"bfloat16": "no"}, TypeError, "bfloat16: expected True or False, got 'no'"),
        ({"device": torch.device("cpu")}, TypeError, "device: expected a name such as 'cuda:1'"),
    ],
)
def test_bad_configuration(wrong: dict[str, object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        Config(**wrong)


def test_a_configuration_is_plain_data() -> None:
    config = Config(normalise=np.bool_(True), lr=np.float32(0.5), root=Path("here"))
    assert (config.normalise, config.lr, config.root) == (True, 0.5, "here")
    assert json.loads(json.dumps(asdict(config))) == asdict(config)


@pytest.mark.parametrize("name", [{"network": "alexnet"}, {"init": "He"}])
def test_build_knows_its_names(name: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected one of .*, got '(alexnet|He)'"):
        build(**{"network": "lenet5"} | name)


def test_one_cycle_ends_at_no_learning_rate(small: Data) -> None:
    run = Run(replace(SHORT, schedule="one-cycle", lr=0.02), small, torch.device("cpu"))
    rates = []
    for _ in range(SHORT.steps):
        rates.append(run.learner.optimizer.param_groups[0]["lr"])
        run.advance()
    assert max(rates) == pytest.approx(0.02, rel=0.2)
    assert rates[-1] < 1e-4


def test_the_average_is_what_is_judged(small: Data) -> None:
    """An average of decay a after two steps from w0 is a w1 + (1 - a) w2, begun at w1."""
    run = Run(replace(SHORT, average=0.75), small, torch.device("cpu"))
    seen = []
    for _ in range(2):
        run.advance()
        seen.append(run.learner.model[0].weight.detach().clone())
    blended = 0.75 * seen[0] + 0.25 * seen[1]
    assert torch.allclose(run.learner.judged[0].weight, blended, atol=1e-7)


def test_normalised_pixels_have_mean_0_and_deviation_1(mnist: Data) -> None:
    run = Run(replace(SHORT, normalise=True), mnist, torch.device("cpu"))
    x = run.learner.model[0](pixels(mnist.train.images[:20_000]))
    assert x.mean() == pytest.approx(0, abs=0.02)
    assert x.std() == pytest.approx(1, abs=0.02)


def test_label_smoothing_and_weight_decay_act(small: Data) -> None:
    plain = train(SHORT, small)
    smooth = train(replace(SHORT, label_smoothing=0.1), small)
    decayed = train(replace(SHORT, weight_decay=0.5, lr=0.1, steps=1), small).model[7].weight
    kept = train(replace(SHORT, lr=0.1, steps=1), small).model[7].weight
    start = source_net("he", torch.Generator().manual_seed(0))[7].weight
    assert smooth.history.losses != plain.history.losses
    assert torch.allclose(kept - decayed, 0.05 * start, atol=1e-6)


@pytest.mark.parametrize("option", ["channels_last", "bfloat16"])
def test_faster_ways_give_the_same_but_for_rounding(option: str, small: Data) -> None:
    plain, fast = train(SHORT, small), train(replace(SHORT, **{option: True}), small)
    tolerance = 0.05 if option == "bfloat16" else 1e-4
    assert fast.history.losses == pytest.approx(plain.history.losses, rel=tolerance)


# ---------------------------------------------------------- checkpoints, resume, Ctrl-C


@pytest.fixture(scope="module")
def whole(small: Data) -> Result:
    return train(SHORT, small)


@pytest.fixture
def saved(small: Data, tmp_path: Path) -> Iterator[Path]:
    """The checkpoint of a run that was stopped after three of its six steps."""
    path = tmp_path / "deep" / "run.pt"
    with pytest.raises(KeyboardInterrupt, match=r"after step 3: resume from .*run\.pt"):
        train(SHORT, small, checkpoint=path, on_step=interrupt_after(3))
    yield path
    path.unlink()


def test_resumed_run_is_the_uninterrupted_one(saved: Path, small: Data, whole: Result) -> None:
    assert load_checkpoint(saved)["step"] == 3
    steps: list[int] = []
    resumed = train(
        SHORT, small, checkpoint=saved, resume=True, on_step=lambda step, _: steps.append(step)
    )
    assert steps == [4, 5, 6]
    assert resumed.history == whole.history
    assert equal(resumed.model, whole.model)
    again = train(SHORT, small, checkpoint=saved, resume=True)
    assert (again.history, again.test_accuracy) == (whole.history, whole.test_accuracy)


def test_checkpoints_are_written_on_the_way(small: Data, tmp_path: Path, whole: Result) -> None:
    def crash(step: int, loss: Tensor) -> None:
        if step == 5:
            raise OSError("power cut")

    path = tmp_path / "run.pt"
    with pytest.raises(OSError, match="power cut"):
        train(SHORT, small, checkpoint=path, checkpoint_every=2, on_step=crash)
    assert load_checkpoint(path)["step"] == 4
    resumed = train(SHORT, small, checkpoint=path, resume=True)
    assert resumed.history == whole.history


def test_interrupt_is_put_off_once_and_handed_back(small: Data) -> None:
    def twice(step: int, loss: Tensor) -> None:
        signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is before
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the second Ctrl-C was swallowed")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(SHORT, small, on_step=twice)
    with pytest.raises(KeyboardInterrupt, match="after step 1: nothing kept"):
        train(SHORT, small, on_step=interrupt_after(1))
    assert signal.getsignal(signal.SIGINT) is before


def test_training_works_off_the_main_thread(small: Data, whole: Result) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(train, SHORT, small).result().history == whole.history


def test_a_crash_while_writing_leaves_the_old_checkpoint(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(state: object, file: BinaryIO) -> None:
        file.write(b"PK half a file")
        raise OSError("disk full")

    before = saved.read_bytes()
    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(saved, {"step": 4})
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["run.pt"]


def flip_a_bit(raw: bytes) -> bytes:
    middle = len(raw) // 2
    return raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda raw: b"", id="empty"),
        pytest.param(lambda raw: b"not a checkpoint", id="text"),
        pytest.param(lambda raw: raw[: len(raw) // 2], id="half"),
        pytest.param(lambda raw: raw[:-1], id="last byte gone"),
        pytest.param(flip_a_bit, id="one bit flipped"),
        pytest.param(lambda raw: pickle.dumps({"format": "cnnbook.trainer 1"}), id="pickle"),
    ],
)
def test_damaged_checkpoints_are_refused(
    damage: Callable[[bytes], bytes], saved: Path, small: Data
) -> None:
    saved.write_bytes(damage(saved.read_bytes()))
    with pytest.raises(ValueError, match=r"run\.pt: expected a checkpoint, got a damaged"):
        train(SHORT, small, checkpoint=saved, resume=True)


def test_foreign_checkpoints_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.pt"
    torch.save(source_net().state_dict(), path)
    with pytest.raises(ValueError, match="expected a checkpoint of format 'cnnlib"):
        load_checkpoint(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "only a zip file")
    with pytest.raises(ValueError, match="got a damaged or foreign file"):
        load_checkpoint(path)


def test_nothing_in_a_checkpoint_is_executed(tmp_path: Path) -> None:
    path = tmp_path / "evil.pt"
    torch.save({"format": "cnnbook.trainer 1", "model": Path.cwd}, path)
    with pytest.raises(ValueError, match="got a damaged or foreign file"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    ("other", "text"),
    [
        ({"init": "normal"}, r"got init='normal' \(saved 'he'\)"),
        ({"lr": 0.1, "seed": 1}, r"got lr=0.1 \(saved 0.001\), seed=1 \(saved 0\)"),
        ({"steps": 2}, "steps: expected at least 3, got 2"),
    ],
)
def test_resume_needs_the_same_run(
    other: dict[str, object], text: str, saved: Path, small: Data
) -> None:
    with pytest.raises(ValueError, match=text):
        train(replace(SHORT, **other), small, checkpoint=saved, resume=True)


def test_a_configuration_of_numpy_numbers_and_paths_is_kept(tmp_path: Path, small: Data) -> None:
    config, path = replace(SHORT, steps=1, lr=np.float64(1e-3), root=tmp_path), tmp_path / "run.pt"
    train(config, small, checkpoint=path)
    assert load_checkpoint(path)["config"] == asdict(config)


def test_a_checkpoint_is_not_overwritten_unasked(saved: Path, small: Data) -> None:
    with pytest.raises(FileExistsError, match=r"run\.pt exists: resume it, or choose another"):
        train(SHORT, small, checkpoint=saved)


def test_more_steps_go_on_from_a_finished_run(tmp_path: Path, small: Data, whole: Result) -> None:
    path = tmp_path / "run.pt"
    train(replace(SHORT, steps=4), small, checkpoint=path, resume=True)
    assert train(SHORT, small, checkpoint=path, resume=True).history == whole.history


def test_events_are_the_history(small: Data, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def crash(step: int, loss: Tensor) -> None:
        if step == 3:
            raise OSError("power cut")

    path, logdir = tmp_path / "run.pt", tmp_path / "runs"
    with pytest.raises(OSError, match="power cut"):
        train(SHORT, small, checkpoint=path, checkpoint_every=2, logdir=logdir, on_step=crash)
    result = train(SHORT, small, checkpoint=path, resume=True, logdir=logdir)
    events = EventAccumulator(str(logdir), size_guidance={"scalars": 0}).Reload()
    for tag, values in [("loss", result.history.losses), ("accuracy", result.history.accuracies)]:
        points = [(e.step, e.value) for e in events.Scalars(f"train/{tag}")]
        assert points == list(zip(result.history.steps, values, strict=True))
    (last,) = events.Scalars("test/accuracy")
    assert (last.step, last.value) == (6, pytest.approx(result.test_accuracy))


# --------------------------------------------------------------------- the command line


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


FEW = ["--init=he", "--steps=6", "--batch-size=16", "--log-every=1", "--device=cpu"]


def test_help_explains(cli: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = cli("--help")
    assert code == 0
    for word in ["examples:", "initialisations:", "files:", "torchrun", "fan_in", "test images"]:
        assert word in out
    assert max(map(len, out.splitlines())) <= 100


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
@pytest.mark.parametrize("options", [{}, {"network": "lenet5", "augment": 1.0, "average": 0.5}])
def test_two_processes_take_the_steps_of_one_though_one_dies(
    options: dict[str, Any], tmp_path: Path, small: Data
) -> None:
    """Other sums in float32: 1e-4. Without batch normalisation nothing else differs."""
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
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        for _ in range(5):
            shared = wrap is parallel.wrap
            batch = map(parallel.share, (x, labels)) if shared else (x, labels)
            xs, ys = batch
            loss = cross_entropy(network(xs), ys)
            optimizer.zero_grad(); loss.backward(); optimizer.step()
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
