"""Show the recorded curves of chapter 13's program in TensorBoard, and take a picture of it.

python -m tools.tensorboard_picture     writes chapters/tensorboard.png
"""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from tensorboard.program import TensorBoard
from torch.utils.tensorboard import SummaryWriter

from cnnbook.samples import recorded
from tools.browser import ABSENT, launch
from tools.figures import shrink

PICTURE = Path(__file__).resolve().parent.parent / "chapters" / "tensorboard.png"


def write(folder: Path) -> None:
    """One run for each seed, under the names that the program gives."""
    for run in recorded("training_program")["all"]:
        with SummaryWriter(str(folder / f"seed{run['seed']}")) as board:
            for epoch, (train_loss, held_loss, _) in enumerate(run["history"], 1):
                board.add_scalar("loss/train", train_loss, epoch)
                board.add_scalar("loss/held out", held_loss, epoch)


def main() -> None:
    """Start TensorBoard on a folder of these runs, and photograph what it shows."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        server = TensorBoard()
        server.configure(argv=["", "--logdir", folder])
        with sync_playwright() as playwright:
            chromium = launch(playwright)
            if chromium is None:
                raise SystemExit(ABSENT)
            page = chromium.new_page(viewport={"width": 1180, "height": 570})
            page.goto(server.launch() + "#timeseries")
            page.locator("button:has-text('Settings')").first.click()  # close them
            page.wait_for_timeout(4_000)
            PICTURE.write_bytes(shrink(page.screenshot()))


if __name__ == "__main__":
    main()
