"""The learning explorer, driven in a browser: its steps are those that `cnnlib` takes."""

import json
import re
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from figure_driver import DARK, Driver, Opener, Rules, check_stops_when_gone, go, marked, to_html
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from cnnbook import networks, samples
from cnnbook.explore import LearningExplorer, learning
from cnnlib import nn
from cnnlib.datasets import load_mnist
from cnnlib.functional import softmax
from cnnlib.nn import CrossEntropyLoss
from cnnlib.optim import Adam

FIGURE = LearningExplorer()
NORMAL, HE = "N(0, 1)", "He"
KEYS = {NORMAL: "normal", HE: "he"}

Floats = NDArray[Any]


class Run:
    """A run of cnnlib, in float64, from the start and over the batches of the figure.

    Its losses are that of the first batch before any step, and after each step that of the next.
    """

    def __init__(self, init: str, lr: float, steps: int) -> None:
        start = FIGURE.model(KEYS[init]).state_dict()
        self.model = networks.pocket(nn, dtype=np.float64)
        self.model.load_state_dict({key: a.astype(np.float64) for key, a in start.items()})
        self.start = [p.data.copy() for p in self.model.parameters()]
        criterion, optimizer = CrossEntropyLoss(), Adam(self.model.parameters(), lr)
        images, labels = FIGURE.learnt
        self.losses = []
        for step in range(steps + 1):
            batch = np.arange(32 * step, 32 * (step + 1)) % len(images)
            self.losses.append(criterion(self.model(images[batch].astype(float)), labels[batch]))
            if step < steps:
                optimizer.zero_grad()
                self.model.backward(criterion.backward(), need_dx=False)
                optimizer.step()

    @property
    def weights(self) -> Floats:
        return np.concatenate([p.data.ravel() for p in self.model.parameters()])

    @property
    def chances(self) -> Floats:
        """(192, 10): what it makes of the digits that are held out."""
        return softmax(self.model(FIGURE.held[0].astype(float)))

    @property
    def wrong(self) -> list[int]:
        return list(np.flatnonzero(self.chances.argmax(1) != FIGURE.held[1]))

    @property
    def moved(self) -> float:
        """How far the weights, without biases, are from their start; a part of their size."""
        pairs = [(p.data, a) for p, a in zip(self.model.parameters(), self.start, strict=True)]
        kernels = [(now, start) for now, start in pairs if now.ndim > 1]
        way = sum(((now - start) ** 2).sum() for now, start in kernels)
        return float(np.sqrt(way / sum((start**2).sum() for _, start in kernels)))


class Learner(Driver):
    """The figure on a page."""

    def choose(self, init: str) -> None:
        self.root.get_by_role("combobox", name="initialisation").select_option(init)

    def rate(self, lr: float) -> None:
        self.root.get_by_role("combobox", name="learning rate").select_option(str(lr))

    def play(self, steps: int) -> None:
        self.press("Play")
        self.root.page.clock.run_for(30 * steps)

    @property
    def tally(self) -> list[str]:
        """Steps, loss, digits read correctly and how far the weights have changed."""
        return self.root.locator(".tally b").all_inner_texts()

    @property
    def wrong(self) -> list[int]:
        return [12 * i + j for i, j in marked(self.root.locator("table"), "wrong")]

    @property
    def note(self) -> str:
        return self.root.locator(".note").inner_text()

    @property
    def legend(self) -> list[str]:
        return self.root.locator(".legend span").all_inner_texts()

    def line(self, plot: int, kind: str) -> Floats:
        """The points (x, y) of a curve, in units of the picture."""
        path = self.root.locator("svg svg").nth(plot).locator(f".{kind}").get_attribute("d") or ""
        return np.array([pair.split(",") for pair in re.findall(r"[\d.-]+,[\d.-]+", path)], float)

    def kernels(self, which: int) -> Floats:
        """How strongly each weight of the first layer is shown, below 0 for a negative one."""
        squares = self.root.locator(".kernels").nth(which).locator("i")
        shown = squares.evaluate_all("""squares => squares.map((square) =>
            (square.classList.contains("minus") ? -1 : 1)
            * parseFloat(square.style.getPropertyValue("--v")))""")
        return np.array(shown)


@pytest.fixture
def figure(show: Opener) -> Learner:
    return Learner(show(to_html(FIGURE)))


def named(*runs: str) -> list[str]:
    """What the legend calls runs, such as He 0.1."""
    return [", learning rate ".join(run.rsplit(maxsplit=1)) for run in runs]


def shown(loss: float) -> str:
    return f"{loss:.0f}" if loss >= 100 else f"{loss:#.3g}"


# --- Its numbers are those of cnnlib ----------------------------------------------------------

SCRIPT = "".join(
    files("cnnbook.explore").joinpath(f"{name}.js").read_text(encoding="utf-8")
    for name in ("figure", *LearningExplorer.builds_on, "learning")
)
RUN = f"""([given, settings, steps]) => {{
    {SCRIPT}
    return ((run, ...sets) => {{
        measure(run, sets[0], given.batch);
        for (const step of range(steps)) learn(run, sets[0], given.batch);
        examine(run, sets[1]);
        const weights = run.params.flatMap(({{ now }}) => [...now]);
        const pictures = sets.map((digits) => digits.map(({{ picture }}) => [...picture]));
        const {{ losses, answers }} = run;
        return JSON.stringify({{ losses, answers, weights, pictures, moved: moved(run) }});
    }})(begin(given, settings), examples(given.learnt), examples(given.held));
}}"""


def run(page: Page, init: str, lr: float, steps: int) -> Any:
    """What the figure's own functions come to."""
    text = page.evaluate(RUN, [FIGURE.data(), {"init": KEYS[init], "rate": lr}, steps])
    return json.loads(text)


@pytest.mark.parametrize(("init", "lr"), [(NORMAL, 0.001), (HE, 0.001), (HE, 0.03), (NORMAL, 0.1)])
def test_steps_are_those_of_cnnlib(show: Opener, init: str, lr: float) -> None:
    found, expected = run(show(), init, lr, 8), Run(init, lr, 8)
    np.testing.assert_allclose(found["losses"], expected.losses, rtol=1e-4)
    np.testing.assert_allclose(found["weights"], expected.weights, atol=0.02 * lr)
    assert found["moved"] == pytest.approx(expected.moved, rel=1e-4)
    answers = [(answer["read"], answer["p"]) for answer in found["answers"]]
    chances = expected.chances
    np.testing.assert_array_equal([read for read, _ in answers], chances.argmax(1))
    np.testing.assert_allclose([p for _, p in answers], chances.max(1), atol=1e-3)


def test_the_script_gets_the_same_digits_and_start(show: Opener) -> None:
    page = show()
    for init in KEYS:
        found, expected = run(page, init, 0.001, 0), FIGURE.model(KEYS[init])
        weights = np.concatenate([p.data.ravel() for p in expected.parameters()])
        np.testing.assert_allclose(found["weights"], weights, rtol=1e-6)
    for pictures, (x, _) in zip(found["pictures"], (FIGURE.learnt, FIGURE.held), strict=True):
        np.testing.assert_array_equal(np.float32(pictures), x.reshape(len(x), -1))


def test_learns_from_training_images_and_reads_others() -> None:
    images, labels = load_mnist("train")
    learnt, held = samples.hold_out(60_000, 5_000)
    for numbers, (x, y) in ((learnt[:640], FIGURE.learnt), (held[:192], FIGURE.held)):
        np.testing.assert_array_equal(y, labels[numbers])
        halved = images[numbers].reshape(-1, 14, 2, 14, 2).mean((2, 4)) / 255
        assert np.abs(x[:, 0] - halved).max() <= 0.5 / 15 + 1e-6
    assert not set(learnt[:640]) & set(held[:192])


def test_he_is_the_same_noise_scaled() -> None:
    normal, he = FIGURE.model("normal"), FIGURE.model("he")
    for a, b in zip(normal.parameters(), he.parameters(), strict=True):
        scale = np.sqrt(2 / np.prod(a.data.shape[1:])) if a.data.ndim > 1 else 0
        np.testing.assert_allclose(b.data, scale * a.data, rtol=1e-6)
    weights = np.concatenate([p.data.ravel() for p in normal.parameters()])
    assert weights.std() == pytest.approx(1, abs=0.05)


# --- What the reader does ----------------------------------------------------------------------


def test_opens_with_the_start_of_the_source(figure: Learner) -> None:
    start = Run(NORMAL, 0.001, 0)
    right = f"{100 - len(start.wrong) / 1.92:.0f} %"
    assert figure.tally == ["0", shown(start.losses[0]), right, "0 %"]
    for label in ("of 192 digits read correctly", "weights changed, relative to their size"):
        assert label in figure.text
    assert figure.wrong == start.wrong
    assert figure.legend == named("N(0, 1) 0.001")
    assert len(figure.line(0, "now")) == 1
    assert figure.note == figure.root.locator("td").first.get_attribute("aria-label")
    assert marked(figure.root.locator("table"), "met") == [(0, 0)]


@pytest.mark.parametrize("init", KEYS)
def test_a_step_shows_what_cnnlib_computes(figure: Learner, init: str) -> None:
    figure.choose(init)
    figure.press("Step", 3)
    expected = Run(init, 0.001, 3)
    right, moved = 192 - len(expected.wrong), f"{100 * expected.moved:.0f} %"
    loss = shown(expected.losses[-1])
    assert figure.tally == ["3", loss, f"{100 * right / 192:.0f} %", moved]
    assert figure.wrong == expected.wrong
    assert figure.status == (
        f"Step 3 of 500: loss {loss}, {right} of 192 digits right, weights changed by {moved}."
    )


def test_the_curves_follow(figure: Learner) -> None:
    figure.press("Step", 3)
    losses = Run(NORMAL, 0.001, 3).losses
    heights = 108 * (1 - (np.log10(losses) + 2) / 5)
    points = np.stack([np.arange(4) * 300 / 500, heights], 1)
    np.testing.assert_allclose(figure.line(0, "now"), points, atol=0.01)
    right = [1 - len(Run(NORMAL, 0.001, steps).wrong) / 192 for steps in range(4)]
    points = np.stack([np.arange(4) * 300 / 500, 108 * (1 - np.array(right))], 1)
    np.testing.assert_allclose(figure.line(1, "now"), points, atol=0.01)
    x, y = points[-1]
    dot = figure.root.locator("circle").nth(1).get_attribute("transform") or ""
    np.testing.assert_allclose([float(v) for v in re.findall(r"[\d.]+", dot)], [x, y], atol=0.01)


def test_kernels_are_shown_with_their_change(figure: Learner) -> None:
    figure.choose(HE)
    figure.rate(0.03)
    figure.press("Step", 2)
    expected = Run(HE, 0.03, 2)
    now = expected.model[0].weight.data.ravel()
    change = now - expected.start[0].ravel()
    largest = max(np.abs(now).max(), np.abs(change).max())
    np.testing.assert_allclose(figure.kernels(0), 100 * now / largest, atol=0.01)
    np.testing.assert_allclose(figure.kernels(1), 100 * change / largest, atol=0.01)


def test_a_digit_tells_what_it_is_read_as(figure: Learner) -> None:
    cells, chances, labels = (
        figure.root.locator("td"),
        Run(NORMAL, 0.001, 0).chances,
        FIGURE.held[1],
    )
    wrong = int(np.flatnonzero(chances.argmax(1) != labels)[0])
    right = int(np.flatnonzero(chances.argmax(1) == labels)[0])
    for i, verb in ((wrong, "misread"), (right, "read")):
        cells.nth(i).hover()
        p = f"{100 * chances[i].max():.1f}".removesuffix(".0")
        read = f"{verb} as {chances[i].argmax()}"
        assert figure.note == f"A {labels[i]}, {read}; probability {p} %."
        assert cells.nth(i).get_attribute("aria-label") == figure.note


def test_what_a_digit_tells_stands_still_above_all_digits(show: Opener) -> None:
    figure = Learner(show(to_html(FIGURE), has_touch=True, width=390))
    cells = figure.root.locator("td")
    before = cells.first.bounding_box()
    cells.nth(14).tap()
    note = figure.root.locator(".note").bounding_box()
    assert before
    assert note
    assert cells.first.bounding_box() == before
    assert note["y"] + note["height"] <= before["y"]


def test_arrow_keys_walk_the_digits(figure: Learner) -> None:
    figure.root.locator("td").first.focus()
    for key in ("ArrowRight", "ArrowDown"):
        figure.root.page.keyboard.press(key)
    assert figure.note == figure.root.locator("td").nth(13).get_attribute("aria-label")


def test_plays_and_pauses(figure: Learner) -> None:
    figure.choose(HE)
    figure.rate(0.01)
    figure.play(7)
    figure.press("Pause")
    steps, *rest = figure.tally
    expected = Run(HE, 0.01, int(steps))
    assert rest[0] == shown(expected.losses[-1])
    assert figure.wrong == expected.wrong
    figure.root.page.clock.run_for(1000)
    assert figure.tally == [steps, *rest]
    figure.play(2)
    assert int(figure.tally[0]) >= int(steps) + 2


def test_he_learns_while_the_other_start_is_stuck(figure: Learner) -> None:
    """At step 100, which is read aloud, also while the figure plays."""
    number = r"([\d.]+)"
    pattern = f"Step 100 of 500: loss {number}, {number} of 192 .* changed by {number} %."
    found = []
    for init in KEYS:
        figure.choose(init)
        figure.play(100)
        match = re.fullmatch(pattern, figure.status)
        assert match
        found.append([float(text) for text in match.groups()])
    (normal_loss, normal_right, normal_moved), (loss, right, moved) = found
    assert normal_loss > 20 > 3 > loss
    assert normal_right < 50 < 70 < right
    assert normal_moved < 7 < 10 < moved


def test_ends_after_its_steps_and_begins_again(
    show: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "STEPS", 5)
    figure = Learner(show(to_html(LearningExplorer("he", 0.01))))
    figure.play(20)
    assert figure.tally[0] == "5"
    expect(figure.root.get_by_role("button", name="Step")).to_be_disabled()
    assert figure.root.get_by_role("button", name="Play").is_visible()
    figure.root.get_by_role("button", name="Step").click(force=True)
    assert figure.tally[0] == "5"
    play = """root => {
        [...root.querySelectorAll("button")].find((node) => node.textContent === "Play").click();
        return root.querySelector(".tally b").textContent;
    }"""
    assert figure.root.evaluate(play) == "0"


@pytest.mark.parametrize(
    ("init", "share", "loss", "verdict"),
    [
        ("normal", 0.33, 24.6, "It is better by count but not by loss: where it is wrong, it is"),
        ("normal", 0.12, 82.4, "It does no better than guessing. Now choose He and press Play."),
        ("he", 0.12, 2.296, "It does no better than guessing."),
        ("he", 0.88, 0.17, "It is better than guessing, by count and by loss."),
    ],
)
def test_a_run_is_judged_by_count_and_by_loss(
    show: Opener, init: str, share: float, loss: float, verdict: str
) -> None:
    ended = {"init": init, "steps": 500, "losses": [loss], "shares": [[500, share]]}
    text = show().evaluate(f"run => {{ {SCRIPT} return verdict(run); }}", ended)
    start = f"After 500 steps: {100 * share:.0f} % of the digits right and a loss of {loss:#.3g}; "
    assert text.startswith(f"{start}guessing gives 10 % and 2.30. {verdict}")
    assert text.endswith(" Now choose He and press Play.") == (init == "normal")


def test_the_verdict_replaces_the_task_at_the_end(
    show: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "STEPS", 2)
    figure = Learner(show(to_html(FIGURE)))
    task = figure.root.locator(".task")
    figure.press("Step")
    assert task.inner_text().startswith("Its weights start at random")
    figure.press("Step")
    assert task.inner_text().startswith("After 2 steps: ")
    figure.press("Start over")
    assert task.inner_text().startswith("Its weights start at random")


def test_starts_over(figure: Learner) -> None:
    before = figure.tally, figure.wrong
    figure.press("Step", 2)
    assert figure.tally != before[0]
    figure.press("Start over")
    assert (figure.tally, figure.wrong) == before
    figure.play(3)
    figure.press("Start over")
    figure.root.page.clock.run_for(1000)
    assert (figure.tally, figure.wrong) == before
    assert (
        figure.status
        == f"N(0, 1), learning rate 0.001, not trained: {192 - len(before[1])} of 192 digits right."
    )


DARKEN = """sheet => new Promise((done) => {
    sheet.addEventListener("transitionend", done, { once: true });
    document.documentElement.dataset.theme = "dark";
})"""
STRONGEST = """canvas => {
    const { width, height } = canvas, copy = new OffscreenCanvas(width, height)
        .getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    const at = data.reduce((most, v, i) => (i % 4 === 3 && v > data[most] ? i : most), 3);
    return [...data.slice(at - 3, at)];
}"""


def test_the_digits_have_the_colour_of_the_text(show: Opener) -> None:
    """Of the theme, also when it changes."""
    digit = show(DARK, to_html(FIGURE)).locator(".sheet canvas").first
    np.testing.assert_allclose(digit.evaluate(STRONGEST), (29, 36, 51), atol=2)
    digit.page.locator(".sheet").evaluate(DARKEN)
    np.testing.assert_allclose(digit.evaluate(STRONGEST), (220, 217, 210), atol=2)


def test_the_run_before_stays_in_sight(figure: Learner) -> None:
    figure.press("Step", 2)
    line = figure.line(0, "now")
    figure.choose(HE)
    assert figure.legend == named("He 0.001", "N(0, 1) 0.001")
    np.testing.assert_array_equal(figure.line(0, "before"), line)
    figure.rate(0.1)
    assert figure.legend == named("He 0.1", "N(0, 1) 0.001")
    figure.press("Step")
    figure.rate(0.03)
    assert figure.legend == named("He 0.03", "He 0.1")


def test_the_address_leads_to_a_run(figure: Learner) -> None:
    link = figure.root.get_by_role("link", name="Link to this run")
    assert link.get_attribute("href") == "#learning-normal-0.001"
    go(figure.root.page, "learning-he-0.03")
    assert figure.legend == named("He 0.03")
    assert link.get_attribute("href") == "#learning-he-0.03"
    for unknown in ("he-0.04", "xavier-0.03", "constructor-0.03", "he"):
        go(figure.root.page, f"learning-{unknown}")
        assert figure.legend == named("He 0.03")


# --- The rules of all figures ------------------------------------------------------------------


DATA = FIGURE.data()


class TestRules(Rules):
    figure = FIGURE
    largest = 60 * 1024 + sum(
        map(len, (DATA["weights"], *DATA["learnt"].values(), *DATA["held"].values()))
    )
    still = (*(f"{Run(init, 0.001, 0).losses[0]:.3g}" for init in KEYS), "2.3")

    def drive(self, figure: Driver) -> None:
        Learner(figure.root).choose(HE)
        figure.press("Step")


def test_repr_is_short() -> None:
    assert repr(LearningExplorer("he", 0.01)) == "LearningExplorer(He, lr 0.01)"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (("xavier",), "LearningExplorer expected init 'normal' or 'he', got 'xavier'"),
        (
            ("he", 0.02),
            "LearningExplorer expected lr to be one of "
            "0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, got 0.02",
        ),
    ],
)
def test_other_settings_are_refused(given: Any, text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        LearningExplorer(*given)


def test_stops_when_taken_off_the_page(figure: Learner) -> None:
    check_stops_when_gone(figure, "Play")


def test_marks_stay_in_forced_colours(show: Opener) -> None:
    page = show(to_html(FIGURE))
    page.emulate_media(forced_colors="active")
    ground = "cell => getComputedStyle(cell).backgroundColor"
    grounds = {
        page.locator(f"td{kind}").first.evaluate(ground) for kind in (".wrong", ":not(.wrong)")
    }
    assert len(grounds) == 2
    page.emulate_media(forced_colors="none")
