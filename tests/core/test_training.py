"""Training: the loss falls, a seed decides everything, two models do not disturb each other."""

import copy
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch

from cnnlib import nn, optim
from cnnlib.checks import Array
from cnnlib.training import accuracy, fit, predict


def bars(count: int = 120, seed: int = 0) -> tuple[Array, Array]:
    """Noisy images with a bright row (label 0), a bright column (1) or neither (2)."""
    rng = np.random.default_rng(seed)
    images = rng.normal(0, 0.3, (count, 1, 6, 6)).astype(np.float32)
    labels = np.arange(count) % 3
    for image, label in zip(images, labels, strict=True):
        position = rng.integers(6)
        if label == 0:
            image[0, position] += 1
        if label == 1:
            image[0, :, position] += 1
    return images, labels


def small_net(seed: int = 0) -> nn.Sequential:
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, rng=rng),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(24, 3, rng=rng),
    )


def trained(seed: int = 0, **options: Any) -> tuple[nn.Sequential, list[float]]:
    model = small_net(seed)
    optimizer = optim.Adam(model.parameters(), lr=0.03)
    rng = np.random.default_rng(seed)
    losses = fit(model, optimizer, *bars(), 80, batch_size=32, rng=rng, **options)
    return model, losses


def test_the_loss_falls_and_the_net_generalises() -> None:
    model, losses = trained()
    assert len(losses) == 80
    assert all(isinstance(loss, float) for loss in losses)
    assert np.mean(losses[:3]) > 0.8
    assert np.mean(losses[-5:]) < 0.3
    assert accuracy(model, *bars(seed=1)) > 0.9
    assert accuracy(small_net(), *bars(seed=1)) < 0.6
    assert model.training


def test_the_seed_decides() -> None:
    (one, losses), (other, same), (_, different) = trained(1), trained(1), trained(2)
    assert losses == same
    assert losses != different
    for name, a in one.state_dict().items():
        np.testing.assert_array_equal(a, other.state_dict()[name])


def test_two_models_in_two_threads_do_not_disturb_each_other() -> None:
    alone = [trained(seed) for seed in (1, 2)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(trained, (1, 2)))
    for (one, losses), (other, same) in zip(alone, together, strict=True):
        assert losses == same
        for name, a in one.state_dict().items():
            np.testing.assert_array_equal(a, other.state_dict()[name])


class Seen(list[list[float]]):
    """Batches; a copy of a layer writes into the same list."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "Seen":
        return self


class Recorder(nn.Linear):
    """A linear layer that notes the batches it has seen, and whether it was asked for dx."""

    def __init__(self) -> None:
        super().__init__(1, 2, rng=np.random.default_rng(0))
        self.seen = Seen()
        self.asked = False

    def forward(self, x: Array) -> Array:
        self.seen.append([float(a) for a in x[:, 0]])
        return super().forward(x)

    def gradients(self, dy: Array, x: Array, need_dx: bool) -> Array | None:
        self.asked = self.asked or need_dx
        return super().gradients(dy, x, need_dx)


def recorded(steps: int, **options: Any) -> tuple[Recorder, list[float]]:
    recorder = Recorder()
    model = nn.Sequential(recorder)
    images = np.arange(10, dtype=np.float32)[:, np.newaxis] / 10
    labels = np.arange(10) % 2
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    rng = np.random.default_rng(0)
    return recorder, fit(model, optimizer, images, labels, steps, rng=rng, **options)


def test_every_image_once_an_epoch_in_a_new_order() -> None:
    recorder, losses = recorded(6, batch_size=4)
    assert [len(batch) for batch in recorder.seen] == [4, 4, 2] * 2
    first, second = (np.concatenate(epoch) for epoch in (recorder.seen[:3], recorder.seen[3:]))
    assert sorted(first) == sorted(second) == sorted(np.arange(10, dtype=np.float32) / 10)
    assert (first != second).any()
    assert len(losses) == 6
    assert not recorder.asked


def test_zero_steps_change_nothing() -> None:
    recorder, losses = recorded(0)
    assert losses == []
    assert recorder.seen == []


def test_batches_of_128_by_default() -> None:
    model = nn.Sequential(recorder := Recorder())
    images, labels = np.zeros((300, 1), np.float32), np.zeros(300, int)
    optimizer = optim.SGD(model.parameters())
    fit(model, optimizer, images, labels, 3, rng=np.random.default_rng(0))
    assert [len(batch) for batch in recorder.seen] == [128, 128, 44]


def test_a_step_is_that_of_the_single_batch() -> None:
    """Gradients are set to zero first, and the loss is the one before the step."""
    model = nn.Sequential(nn.Linear(1, 2, rng=np.random.default_rng(0)))
    twin = nn.Sequential(nn.Linear(1, 2, rng=np.random.default_rng(0)))
    images, labels = np.array([[1.0], [2.0]], np.float32), np.array([0, 1])
    optimizer, of_twin = optim.SGD(model.parameters(), 0.5), optim.SGD(twin.parameters(), 0.5)
    for p in model.parameters():
        p.grad += 100
    losses = fit(model, optimizer, images, labels, 2, rng=np.random.default_rng(0))
    criterion = nn.CrossEntropyLoss()
    for loss in losses:
        assert loss == pytest.approx(criterion(twin(images), labels), rel=1e-6)
        twin.zero_grad()
        twin.backward(criterion.backward())
        of_twin.step()
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-6)


def test_schedule_and_criterion_are_used() -> None:
    model = small_net()
    optimizer = optim.SGD(model.parameters(), lr=0.8)
    schedule = optim.StepLR(optimizer, 1, 0.5)
    rng = np.random.default_rng(0)
    fit(model, optimizer, *bars(), 3, rng=rng, schedule=schedule)
    assert optimizer.lr == 0.1
    smoothed = nn.CrossEntropyLoss(label_smoothing=0.5)
    assert trained(criterion=smoothed)[1][-1] > 0.6 > trained()[1][-1]


def test_fit_trains_and_predict_evaluates() -> None:
    """Batch statistics are on in the first, off in the second; the mode of before comes back."""
    images, labels = bars()
    model = small_net().eval()
    optimizer = optim.SGD(model.parameters())
    fit(model, optimizer, images, labels, 1, rng=np.random.default_rng(0))
    assert model[1].num_batches_tracked == 1
    first = predict(model, images)
    np.testing.assert_array_equal(predict(model, images), first)
    assert all(module.training for _, module in model.modules())
    model.eval()
    accuracy(model, images, labels)
    assert not any(module.training for _, module in model.modules())
    assert model[1].num_batches_tracked == 1


def test_predict_is_the_same_in_batches_of_any_size() -> None:
    images, _ = bars(10)
    model = small_net().eval()
    whole = model(images)
    for size in (1, 3, 10, 1000):
        np.testing.assert_allclose(predict(model, images, size), whole, rtol=1e-5, atol=1e-6)
    assert whole.shape == (10, 3)


def test_predict_in_batches_of_1000_by_default() -> None:
    model = nn.Sequential(recorder := Recorder())
    predict(model, np.zeros((1500, 1), np.float32))
    accuracy(model, np.zeros((1500, 1), np.float32), np.zeros(1500, int))
    assert [len(batch) for batch in recorder.seen] == [1000, 500] * 2
    accuracy(model, np.zeros((3, 1), np.float32), np.zeros(3, int), batch_size=2)
    assert [len(batch) for batch in recorder.seen[4:]] == [2, 1]


def test_predict_leaves_the_model_alone() -> None:
    """Its modes, and what it keeps for backward; also where it fails."""
    model = nn.Sequential(nn.ReLU(), recorder := Recorder())
    recorder.eval()
    x = np.ones((2, 1), np.float32)
    model(x)
    model.backward(np.ones((2, 2), np.float32))
    wanted = recorder.weight.grad.copy()
    model.zero_grad()
    predict(model, 5 * x)
    with pytest.raises(ValueError, match="expected 1 input features, got 3"):
        predict(model, np.zeros((2, 3), np.float32))
    assert (model.training, recorder.training) == (True, False)
    model.backward(np.ones((2, 2), np.float32))
    np.testing.assert_array_equal(recorder.weight.grad, wanted)


def test_predict_in_two_threads_is_predict() -> None:
    model, images = small_net(), bars(400)[0]
    alone = predict(model, images)
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(lambda size: predict(model, images, size), [400, 400, 400]):
            np.testing.assert_array_equal(found, alone)


def test_the_optimizer_has_to_be_of_the_model() -> None:
    """A part of its parameters will do, as where the first layers stay as they are."""
    model, images, labels = small_net(), *bars()
    rng = np.random.default_rng(0)
    for optimizer in (
        optim.SGD(small_net().parameters()),
        optim.SGD(copy.deepcopy(model).parameters()),
        optim.SGD(model.parameters() + small_net().parameters()),
    ):
        with pytest.raises(ValueError, match="optimizer of this model's parameters, got one of o"):
            fit(model, optimizer, images, labels, 1, rng=rng)
    before = model.state_dict()
    fit(model, optim.SGD(model[5].parameters(), lr=0.1), images, labels, 1, rng=rng)
    changed = [name for name, p in model.named_parameters() if (p.data != before[name]).any()]
    assert changed == ["5.weight", "5.bias"]


def test_accuracy_counts_right() -> None:
    """A net that hands its input on: the largest of each row is its answer."""
    model = nn.Sequential(nn.LeakyReLU(1.0))
    logits = np.array([[1.0, 2, 0], [3, 1, 2], [0, 1, 5], [4, 4, 4]])
    assert accuracy(model, logits, np.array([1, 0, 2, 0])) == 1
    assert accuracy(model, logits, np.array([1, 0, 2, 1])) == 0.75
    assert accuracy(model, logits, np.array([0, 1, 1, 2]), batch_size=3) == 0
    assert accuracy(model, logits, torch.tensor([1, 0, 2, 1])) == 0.75
