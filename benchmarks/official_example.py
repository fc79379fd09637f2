"""PyTorch's own MNIST example beside our recipes: its network, its optimizer, its 14 epochs.

python -m benchmarks.official_example     writes cnnbook/results/official_example.json

Re-stated from its published settings: batches of 64, Adadelta with learning rate 1, times 0.7
after every epoch, normalised pixels, dropout.
"""

from __future__ import annotations

from time import perf_counter, process_time

import torch
from torch.nn.functional import cross_entropy
from torch.optim.lr_scheduler import StepLR

from cnnbook.machine import machine
from cnnbook.samples import record
from cnnbook.trainer import BatchOrder, build, count_parameters, evaluate, load_data, pixels
from cnnbook.trainer.data import Normalise

EPOCHS, BATCH_SIZE, SEED = 14, 64, 1


def main() -> None:
    """One run: 14 epochs of it take a quarter of an hour of one core."""
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    data = load_data()
    model = build("official", "default", torch.Generator().manual_seed(SEED))
    model.insert(0, Normalise())
    optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
    schedule = StepLR(optimizer, step_size=1, gamma=0.7)
    order = BatchOrder(60_000, BATCH_SIZE, SEED)
    began, cpu = perf_counter(), process_time()
    for _ in range(EPOCHS):
        for _ in range(60_000 // BATCH_SIZE):
            images, labels = data.train.take(next(order))
            loss = cross_entropy(model(pixels(images)), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    seconds = {
        "seconds": round(perf_counter() - began, 1),
        "cpu_seconds": round(process_time() - cpu, 1),
    }
    found = {"seed": SEED, "test_accuracy": evaluate(model, *data.test), **seconds}
    content = {
        "machine": machine(),
        "parameters": count_parameters(model),
        "epochs": EPOCHS,
        "runs": [found],
    }
    record("official_example", content)
    print(found)


if __name__ == "__main__":
    main()
