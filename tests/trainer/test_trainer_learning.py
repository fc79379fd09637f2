"""The PyTorch trainer: its networks, devices and data, and that it learns what it should."""

import gzip
import json
import math
import re
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from trainer_cases import EVERYTHING, SHORT, equal, first

from cnnbook.lenet1998 import C3_READS, ScaledTanh, pictures
from cnnbook.samples import hold_out
from cnnbook.trainer import (
    BatchOrder,
    Config,
    Data,
    Split,
    choose_device,
    device,
    evaluate,
    load_data,
    pixels,
    train,
)
from cnnbook.trainer.augment import Distortions, distort
from cnnbook.trainer.config import Init, Network
from cnnbook.trainer.learner import count_hits
from cnnbook.trainer.network import NETWORKS, build, count_parameters, summary
from cnnbook.trainer.run import Run
from cnnlib.datasets import load_mnist

# ---------------------------------------------------------------------------- the network


def test_network_is_the_source_s() -> None:
    kinds = "Conv2d ReLU MaxPool2d Conv2d ReLU MaxPool2d Flatten Linear ReLU Linear"
    model = build("source")
    assert [type(layer).__name__ for layer in model] == kinds.split()
    assert sum(p.numel() for p in model.parameters()) == 3_274_634
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_normal_draws_weights_and_biases_from_the_standard_normal() -> None:
    for p in build("source", "normal", torch.Generator().manual_seed(0)).parameters():
        std, mean = torch.std_mean(p.detach())
        assert abs(float(mean)) < 4 / math.sqrt(p.numel())
        assert abs(float(std) - 1) < 4 / math.sqrt(p.numel())


def test_he_scales_convolutions_and_linear_layers_by_fan_in() -> None:
    for p in build("source", "he", torch.Generator().manual_seed(0)).parameters():
        if p.dim() == 1:
            assert not p.any()
        else:
            std = math.sqrt(2 / p[0].numel())
            assert float(p.detach().std()) == pytest.approx(std, rel=3 / math.sqrt(p.numel()))


def test_default_is_pytorch_s_own() -> None:
    model = build("source", "default", torch.Generator().manual_seed(7)).state_dict()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        own = nn.Conv2d(1, 32, 5).state_dict()
    assert torch.equal(model["0.weight"], own["weight"])
    assert torch.equal(model["0.bias"], own["bias"])


@pytest.mark.parametrize("init", ["normal", "he", "default"])
def test_weights_depend_on_the_generator_alone(init: Init) -> None:
    before = torch.get_rng_state()
    a, b = (build("source", init, torch.Generator().manual_seed(3)) for _ in range(2))
    assert equal(a, b)
    assert torch.equal(before, torch.get_rng_state())
    assert not equal(a, build("source", init, torch.Generator().manual_seed(4)))


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
    counts = [int(line[16:28].replace(",", "")) for line in summary(model)]
    assert sum(counts) == count_parameters(model)


@pytest.mark.parametrize("network", [name for name in NETWORKS if name != "lenet5-1998"])
@pytest.mark.parametrize("init", get_args(Init))
def test_networks_fit_other_images_and_classes(network: Network, init: Init) -> None:
    """Colour, not square, 26 classes; He's deviation is that of the new fan-in."""
    generator = torch.Generator().manual_seed(0)
    model: Any = build(network, init, generator, shape=(3, 32, 40), classes=26).eval()
    assert model(torch.zeros(2, 3, 32, 40)).shape == (2, 26)
    assert [len(line.split()) > 1 for line in summary(model, (3, 32, 40))] == [True] * len(model)
    weight = model[0].weight.detach()
    deviation = {
        "normal": 1.0,
        "he": math.sqrt(2 / weight[0].numel()),
        "default": math.sqrt(1 / weight[0].numel() / 3),
    }
    assert float(weight.std()) == pytest.approx(deviation[init], rel=3 / math.sqrt(weight.numel()))


def test_a_fitted_network_has_the_layers_of_its_size() -> None:
    """LeNet on 32 x 32: 16 maps of 6 x 6 meet the first linear layer."""
    model: Any = build("lenet5", shape=(1, 32, 32), classes=26)
    assert model[7].weight.shape == (120, 16 * 6 * 6)
    assert model[-1].weight.shape == (26, 84)
    unchanged, fitted = (count_parameters(build("lenet5")), count_parameters(model))
    assert fitted - unchanged == 120 * 16 * (36 - 25) + 16 * 85


@pytest.mark.parametrize(
    ("network", "shape", "classes", "text"),
    [
        (
            "lenet5",
            (1, 8, 8),
            10,
            "network: lenet5 has no room in images of 1 x 8 x 8 in 10 classes",
        ),
        ("source", (1, 3, 28), 10, "network: source has no room in images of 1 x 3 x 28"),
        ("small", (1, 7, 7), 2, "network: small has no room in images of 1 x 7 x 7 in 2 classes"),
        (
            "lenet5-1998",
            (1, 32, 32),
            10,
            "expected images of 1 x 28 x 28 in 10 classes, got images",
        ),
        ("lenet5-1998", (1, 28, 28), 26, "got images of 1 x 28 x 28 in 26 classes"),
    ],
)
def test_networks_say_where_they_have_no_room(
    network: Network, shape: tuple[int, ...], classes: int, text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        build(network, shape=shape, classes=classes)


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
    model: Any = build("lenet5-1998")
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
    for kind in ["cuda", "mps", "xpu"]:
        monkeypatch.setitem(device.DEVICES, kind, lambda: 0)
    for kind in ["cpu", "xpu", "mps", "cuda"]:
        monkeypatch.setitem(device.DEVICES, kind, lambda: 2)
        assert choose_device().type == kind
    assert choose_device("cpu").type == "cpu"
    assert choose_device("cuda:1") == torch.device("cuda:1")


@pytest.mark.parametrize("name", ["cuda", "gpu", "cpu:x", "cpu:1", "xpu:2", "meta", ""])
def test_unknown_or_absent_device(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, count in {"cuda": 0, "mps": 0, "xpu": 2}.items():
        monkeypatch.setitem(device.DEVICES, kind, partial(int, count))
    known = re.escape("['xpu:0', 'xpu:1', 'cpu:0']")
    with pytest.raises(ValueError, match=f"device: expected auto or.* {known}, got '{name}'"):
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


def test_images_held_out_are_those_of_the_book() -> None:
    """Whatever the seed of a run; the others lie as they did in the files if none is held out."""
    images, labels = load_mnist("train")
    rest, held_out = hold_out(60_000, 5_000)
    data, whole = load_data(5_000), load_data().train
    assert np.array_equal(data.val.images[:, 0], images[held_out])
    assert np.array_equal(data.val.labels, labels[held_out])
    assert np.array_equal(data.train.images[:, 0], images[rest])
    assert np.array_equal(data.train.labels, labels[rest])
    assert np.array_equal(whole.images[:, 0], images)


@pytest.mark.parametrize("val", [60_000, 70_000, -1])
def test_validation_split_must_leave_something(val: int) -> None:
    with pytest.raises(ValueError, match=f"val: expected 0 to 59999 .* got {val}"):
        load_data(val)


def write_idx(folder: Path, **arrays: np.ndarray[Any, Any]) -> None:
    """Files under MNIST's names: train_images=…, t10k_labels=… and so on."""
    for key, array in arrays.items():
        split, kind = key.split("_")
        code = {"uint8": 8, "int32": 12, "float32": 13}[array.dtype.name]
        sizes = np.array(array.shape, ">u4").tobytes()
        content = (
            bytes([0, 0, code, array.ndim])
            + sizes
            + array.astype(array.dtype.newbyteorder(">")).tobytes()
        )
        name = f"{split}-{kind}-idx{3 if kind == 'images' else 1}-ubyte"
        (folder / name).write_bytes(content)


def letters(count: int) -> tuple[Any, Any]:
    """Images on which the 26 classes are told apart by the place of a white square."""
    labels = np.arange(count, dtype=np.uint8) % 26
    images = np.zeros((count, 32, 32), np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(int(label), 6)
        image[5 * row : 5 * row + 5, 5 * column : 5 * column + 5] = 255
    return images, labels


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with 104 + 26 images of 32 × 32 in 26 classes."""
    (images, labels), (test_images, test_labels) = letters(104), letters(26)
    write_idx(tmp_path, train_images=images, train_labels=labels)
    write_idx(tmp_path, t10k_images=test_images, t10k_labels=test_labels)
    return tmp_path


def test_files_of_another_size_and_other_classes_are_learned(own: Path) -> None:
    data = load_data(root=own)
    assert (data.shape, data.classes, len(data.train.labels)) == ((1, 32, 32), 26, 104)
    options: dict[str, Any] = {"network": "lenet5", "lr": 3e-3, "steps": 60, "root": own}
    result = train(replace(SHORT, **options))
    assert result.test_accuracy == 1
    held_out = load_data(26, own)
    assert [len(split.labels) for split in held_out] == [78, 26, 26]


def test_colour_images_are_learned_and_told_apart(small: Data) -> None:
    """Red or green: what no grey copy of them tells."""
    images = torch.zeros(40, 3, 20, 24, dtype=torch.uint8)
    labels = torch.arange(40) % 2
    images[labels == 0, 0] = images[labels == 1, 1] = 200
    data = Data(Split(images, labels), Split(images[:0], labels[:0]), Split(images, labels))
    augmented: dict[str, Any] = {"network": "lenet5", "augment": 0.5, "steps": 30}
    assert train(replace(SHORT, **augmented), data).test_accuracy == 1


def grey(*shape: int) -> Any:
    return np.zeros(shape, np.uint8)


LABELS = np.arange(26, dtype=np.uint8)


@pytest.mark.parametrize(
    ("files", "text"),
    [
        (
            {"train_images": grey(0, 28, 28)},
            r"train-images.*: expected images as uint8 \(N, H, W\), got",
        ),
        ({"train_images": grey(104, 784)}, r"\(N, H, W\), got uint8 \(104, 784\)"),
        ({"train_images": np.zeros((104, 9, 9), np.float32)}, r"got float32 \(104, 9, 9\)"),
        (
            {"train_labels": LABELS},
            r"train-labels.*: expected 104 whole numbers, got uint8 \(26,\)",
        ),
        ({"t10k_labels": np.zeros((26, 8), np.int32)}, r"26 whole numbers, got int32 \(26, 8\)"),
        ({"t10k_labels": np.zeros(26, np.float32)}, r"26 whole numbers, got float32 \(26,\)"),
        (
            {"train_labels": letters(104)[1] + np.uint8(1)},
            "expected training labels from 0 on without gaps, got 26 from 1 to 26",
        ),
        (
            {"train_labels": letters(104)[1] * np.uint8(2)},
            "expected training labels from 0 on without gaps, got 26 from 0 to 50",
        ),
        ({"t10k_labels": LABELS + np.uint8(1)}, "expected test labels from 0 to 25, got 1 to 26"),
        (
            {"t10k_labels": LABELS.astype(np.int32) - 1},
            "expected test labels from 0 to 25, got -1 to 24",
        ),
        (
            {"t10k_images": grey(26, 28, 28)},
            r"test: expected .*uint8 \(N, 1, 32, 32\), got torch.uint8 \(26, 1, 28, 28\)",
        ),
    ],
)
def test_files_that_do_not_fit_are_named(files: dict[str, Any], text: str, own: Path) -> None:
    write_idx(own, **files)
    with pytest.raises(ValueError, match=text):
        train(replace(SHORT, root=own))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"train": lambda x, y: (x.float(), y)},
            r"train: .*uint8 \(N, 1, 28, 28\), got torch.float32",
        ),
        (
            {"train": lambda x, y: (x[:, 0], y)},
            r"train: .*uint8 \(N, C, H, W\), got .* \(40, 28, 28\)",
        ),
        (
            {"train": lambda x, y: (x, y.int())},
            r"train: expected 40 labels as torch.int64, got .*int32",
        ),
        (
            {"train": lambda x, y: (x, y[1:])},
            r"train: expected 40 labels .*, got torch.int64 \(39,\)",
        ),
        ({"train": lambda x, y: (x[:0], y[:0])}, "train: expected some labels"),
        ({"test": lambda x, y: (x, y - 10)}, "test: expected labels from 0 on, got -"),
        ({"test": lambda x, y: (x[:0], y[:0])}, "test: expected images to judge by, got none"),
    ],
)
def test_data_that_do_not_fit_are_named(change: dict[str, Any], text: str, small: Data) -> None:
    changed = {name: Split(*turn(*getattr(small, name))) for name, turn in change.items()}
    with pytest.raises(ValueError, match=text):
        train(SHORT, small._replace(**changed))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("train-images-idx3-ubyte.gz", None),
        ("train-images.idx3-ubyte", None),
        ("Train-Images.IDX3-ubyte.GZ", None),
        (
            "MNIST/raw/train-images-idx3-ubyte",
            "found MNIST/raw/train-images-idx3-ubyte: give their",
        ),
        ("train-images-idx3-ubyte/train-images-idx3-ubyte.gz", "give their folder, under MNIST's"),
        ("emnist-letters-train-images-idx3-ubyte", "found emnist-letters-train-images-idx3-ubyte"),
        ("images.idx", "or train-images-idx3-ubyte.gz, found neither"),
    ],
)
def test_files_as_others_name_and_lay_them(name: str, text: str | None, own: Path) -> None:
    content = (own / "train-images-idx3-ubyte").read_bytes()
    for file in list(own.iterdir()):
        if text is not None or file.name.startswith("train-images"):
            file.unlink()
    (own / name).parent.mkdir(parents=True, exist_ok=True)
    (own / name).write_bytes(gzip.compress(content) if name.lower().endswith(".gz") else content)
    if text is None:
        assert len(load_data(root=own).train.labels) == 104
    else:
        with pytest.raises(FileNotFoundError, match=text):
            load_data(root=own)


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


def test_a_rectangle_turned_keeps_its_angles() -> None:
    """A quarter turn of a wide image: what lay in its row through the middle stands upright."""
    images = torch.zeros(1, 1, 21, 41)
    images[..., 10, :] = 1
    quarter = torch.tensor([[[0.0, -1, 0], [1, 0, 0]]])
    turned = distort(images, quarter, torch.zeros(1, 2, 5, 5))[0, 0]
    expected = torch.zeros(21, 41)
    expected[:, 20] = 1
    assert torch.allclose(turned, expected, atol=1e-5)


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
    model: Any = build("source", "he").train()
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
        ({"seed": 2**31}, ValueError, "seed: expected at least 0 and below 2147483648, got 2"),
        ({"val": -5}, ValueError, "val: expected at least 0, got -5"),
        ({"lr": 0.0}, ValueError, "lr: expected above 0 and below inf, got 0.0"),
        ({"lr": math.nan}, ValueError, "lr: expected above 0 and below inf, got nan"),
        ({"lr": math.inf}, ValueError, "lr: expected above 0 and below inf, got inf"),
        ({"network": "alexnet"}, ValueError, "network: expected one of .*, got 'alexnet'"),
        ({"schedule": "cosine"}, ValueError, "schedule: expected one of .*, got 'cosine'"),
        ({"average": 1.0}, ValueError, "average: expected at least 0 and below 1, got 1.0"),
        ({"label_smoothing": -0.1}, ValueError, "expected at least 0 and below 1, got -0.1"),
        ({"augment": 3}, ValueError, "augment: expected at least 0 and at most 2, got 3"),
        ({"lr": "0.1"}, TypeError, "lr: expected a number, got '0.1'"),
        ({"weight_decay": True}, TypeError, "weight_decay: expected a number, got True"),
        ({"bfloat16": "no"}, TypeError, "bfloat16: expected True or False, got 'no'"),
        ({"device": torch.device("cpu")}, TypeError, "device: expected a string, got device"),
        ({"root": 3}, TypeError, "root: expected a folder, got 3"),
    ],
)
def test_bad_configuration(wrong: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        Config(**wrong)


def test_a_configuration_is_plain_data() -> None:
    given: dict[str, Any] = {"normalise": np.bool_(True), "lr": np.float32(0.5)}
    config = Config(**given, root=Path("here"))
    assert (config.normalise, config.lr, config.root) == (True, 0.5, "here")
    assert json.loads(json.dumps(asdict(config))) == asdict(config)


def test_the_options_are_a_table_without_gaps() -> None:
    for field in fields(Config):
        assert field.metadata["help"]
        assert field.metadata["bounds"] or field.type not in (int, float)


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


@pytest.mark.parametrize("steps", range(1, 13))
def test_one_cycle_takes_any_number_of_steps(steps: int, small: Data) -> None:
    run = Run(replace(SHORT, schedule="one-cycle", steps=steps), small, torch.device("cpu"))
    for _ in range(steps):
        assert 0 < run.learner.optimizer.param_groups[0]["lr"] <= SHORT.lr
        run.advance()


def test_the_average_is_what_is_judged(small: Data) -> None:
    """An average of decay a after two steps from w0 is a w1 + (1 - a) w2, begun at w1."""
    run = Run(replace(SHORT, average=0.75), small, torch.device("cpu"))
    seen = []
    for _ in range(2):
        run.advance()
        seen.append(run.learner.model.state_dict()["0.weight"].clone())
    blended = 0.75 * seen[0] + 0.25 * seen[1]
    assert torch.allclose(run.learner.judged.state_dict()["0.weight"], blended, atol=1e-7)


def test_normalised_pixels_have_mean_0_and_deviation_1(mnist: Data) -> None:
    run = Run(replace(SHORT, normalise=True), mnist, torch.device("cpu"))
    x = run.learner.model[:1](pixels(mnist.train.images[:20_000]))
    assert x.mean() == pytest.approx(0, abs=0.02)
    assert x.std() == pytest.approx(1, abs=0.02)


def test_label_smoothing_and_weight_decay_act(small: Data) -> None:
    plain = train(SHORT, small)
    smooth = train(replace(SHORT, label_smoothing=0.1), small)
    begun = build("source", "he", torch.Generator().manual_seed(0))
    kept = train(replace(SHORT, lr=0.1, steps=1), small).model
    decayed = train(replace(SHORT, weight_decay=0.5, lr=0.1, steps=1), small).model
    start, plainly, less = (m.state_dict()["7.weight"] for m in (begun, kept, decayed))
    assert smooth.history.losses != plain.history.losses
    assert torch.allclose(plainly - less, 0.05 * start, atol=1e-6)


@pytest.mark.parametrize("option", ["channels_last", "bfloat16"])
def test_faster_ways_give_the_same_but_for_rounding(option: str, small: Data) -> None:
    faster: dict[str, Any] = {option: True}
    plain, fast = train(SHORT, small), train(replace(SHORT, **faster), small)
    tolerance = 0.05 if option == "bfloat16" else 1e-4
    assert fast.history.losses == pytest.approx(plain.history.losses, rel=tolerance)
