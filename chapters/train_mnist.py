"""Train a convolutional network on MNIST, on a GPU if there is one: chapter 13 in one file."""

from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset, random_split
from torch.utils.tensorboard import SummaryWriter

from cnnlib.datasets import load_mnist


def best_device():
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    return accelerator or torch.device("cpu")


def mnist(split):
    images, labels = load_mnist(split)
    x = torch.tensor(images).unsqueeze(1).float() / 255  # (N, 1, 28, 28), from 0 to 1
    return TensorDataset(x, torch.tensor(labels))


def split(dataset, count):
    fixed = torch.Generator().manual_seed(0)
    return random_split(dataset, [len(dataset) - count, count], generator=fixed)


def batches(dataset, shuffle=False):
    pinned = torch.cuda.is_available()
    return DataLoader(dataset, batch_size=128, shuffle=shuffle, pin_memory=pinned)


class Net(nn.Module):
    def __init__(self, channels=1, size=28, classes=10):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(channels, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(16 * (size // 4) ** 2, 64), nn.ReLU(),
            nn.Dropout(0.25), nn.Linear(64, classes),
        )

    def forward(self, x):
        return self.classifier(self.features(x))


def he(layer):
    if isinstance(layer, (nn.Conv2d, nn.Linear)):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)


def train_step(model, optimizer, x, labels, bfloat16=False):
    with torch.autocast(x.device.type, torch.bfloat16, enabled=bfloat16):
        logits = model(x)
    loss = cross_entropy(logits.float(), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def train_epoch(model, optimizer, loader, device):
    model.train()
    losses = []
    for x, labels in loader:
        x = x.to(device, non_blocking=True)
        labels = labels.to(device, non_blocking=True)
        losses.append(train_step(model, optimizer, x, labels))
    return torch.stack(losses).mean().item()


@torch.inference_mode()
def evaluate(model, loader, device):
    model.eval()
    loss = right = 0
    for x, labels in loader:
        x = x.to(device, non_blocking=True)
        labels = labels.to(device, non_blocking=True)
        logits = model(x)
        loss += cross_entropy(logits, labels, reduction="sum")
        right += (logits.argmax(dim=1) == labels).sum()
    return loss.item() / len(loader.dataset), right.item() / len(loader.dataset)


def fit(model, learn, held, device, folder, epochs=3, lr=2e-3):
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    history = []
    with SummaryWriter(folder) as board:
        for epoch in range(1, epochs + 1):
            train_loss = train_epoch(model, optimizer, learn, device)
            held_loss, accuracy = evaluate(model, held, device)
            history.append((train_loss, held_loss, accuracy))
            board.add_scalar("loss/train", train_loss, epoch)
            board.add_scalar("loss/held out", held_loss, epoch)
            if held_loss == min(row[1] for row in history):
                torch.save(model.state_dict(), Path(folder) / "best.pt")
    best = torch.load(Path(folder) / "best.pt", map_location=device, weights_only=True)
    model.load_state_dict(best)
    return history


def main(folder="runs/mnist", epochs=3):
    torch.manual_seed(0)
    device = best_device()
    learn, held = split(mnist("train"), 5_000)
    model = Net().apply(he).to(device)
    history = fit(model, batches(learn, shuffle=True), batches(held), device, folder, epochs)
    for epoch, (train_loss, held_loss, accuracy) in enumerate(history, 1):
        print(f"epoch {epoch}: loss {train_loss:.3f}, held out {held_loss:.3f}, {accuracy:.2%}")
    _, accuracy = evaluate(model, batches(mnist("test")), device)
    print(f"{accuracy:.2%} of the test images are classified correctly, on {device}")


if __name__ == "__main__":
    main()
