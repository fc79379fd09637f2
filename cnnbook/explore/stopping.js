// The stopping explorer: the losses of a run, on the images that it learns from and on those held
// out, their gap, and the accuracy; and where the run would stop by itself.
//
// The figure is one object: what it was `given`, its `state`, which is the seed, the epoch that is
// looked at and the patience, and on the page its `view`. Epochs count from 1.

const { floor, max, min } = Math;

const mostPatience = 20;

function stopping({ epoch, patience, ...given }) {
  const figure = { given, state: { seed: 0, epoch, patience, isUnderWay: false } };
  figure.view = elements(figure);
  const { loss, accuracy } = figure.view;
  const [epochs] = shape(given.runs[0]);
  const { mostLoss, mostRight } = given;
  const ticks = [0, floor(epochs / 2), epochs];
  scale(loss, ticks, [0, mostLoss / 2, mostLoss]);
  scale(accuracy, ticks, [mostRight - 0.1, mostRight - 0.05, mostRight], (v) =>
    short(100 * v, 1));
  draw(figure);
  return arrange(figure);
}

// --- The runs ---

const percent = (v) => `${short(100 * v, 1)} %`;

const historyOf = ({ given: { runs }, state: { seed } }) => runs[seed];

// The epoch with the smallest held-out loss among the first ones.
function bestOf(history, epochs) {
  const losses = history.slice(0, epochs).map(([, held]) => held);
  return losses.indexOf(min(...losses)) + 1;
}

// The epoch after which the run stops: so many epochs were not better than the best before.
function stopOf(history, patience) {
  const epochs = range(history.length).map((i) => i + 1);
  return epochs.find((epoch) => epoch - bestOf(history, epoch) === patience) ?? history.length;
}

// --- The elements ---

function elements(figure) {
  const { given: { runs }, state } = figure;
  const status = h("p", { role: "status" });
  const slider = h("input", {
    type: "range", min: 1, max: runs[0].length, "aria-label": "epoch",
    oninput: () => visit(figure, Number(slider.value)),
  });
  return {
    loss: pointablePlot(figure, "loss"),
    accuracy: pointablePlot(figure, "correct of the held-out images, in percent"),
    slider, status, shown: h("output"), stop: h("p"),
    seed: stepper("seed", 0, runs.length - 1, state.seed, (seed) => change(figure, { seed })),
    patience: stepper("patience (epochs to wait)", 1, mostPatience, state.patience, (patience) =>
      change(figure, { patience })),
    runner: player(80, status, () => run(figure), () => proceed(figure)),
    link: linkTo("stopping", "epoch", (code) => open(figure, code)),
  };
}

// A plot over the epochs: a click or a drag chooses one.
function pointablePlot(figure, name) {
  const plot = makePlot("epoch", name);
  const choose = (event) => visit(figure, numbersAt(plot, under(plot, event))[0]);
  plot.picture.addEventListener("pointerdown", choose);
  plot.picture.addEventListener("pointermove", (event) => event.buttons && choose(event));
  return plot;
}

function arrange(figure) {
  const { loss, accuracy, slider, shown, seed, patience, status, stop, runner, link } = figure.view;
  const signs = [["y", "━ training"], ["x", "━ held out"], ["g", "┃ gap between the two"]];
  const marks = ["│ epoch shown", "◆ best epoch", "┆ the run would stop here",
    "○ epoch that it would keep"];
  return [
    h("p", {}, "Drag along the curves, or change the patience: "
      + "does the run stop at its best epoch?"),
    h("div", { class: "cnn-bar" }, runner.node,
      h("label", { class: "epoch" }, "epoch ", slider, shown),
      seed.node, patience.node, link.node),
    h("div", { class: "plots" }, loss.node, accuracy.node),
    h("p", { class: "legend" }, ...signs.map(([role, text]) => h("b", { class: role }, text)),
      ...marks.map((text) => h("span", {}, text))),
    status, stop,
  ];
}

// --- Events: each changes the state, then draws ---

function change(figure, news) {
  Object.assign(figure.state, news);
  draw(figure);
}

function go(figure, epoch) {
  const { length } = historyOf(figure);
  change(figure, { isUnderWay: true, epoch: clamp(Math.round(epoch), 1, length) });
}

// Where the reader wants; a run that plays ends.
function visit(figure, epoch) {
  figure.view.runner.pause();
  go(figure, epoch);
}

// From the first epoch on, or on from where the reader has gone; where motion is unwanted, to the
// end.
function run(figure) {
  const { state: { isUnderWay, epoch } } = figure;
  const { length } = historyOf(figure);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) visit(figure, length);
  else if (!isUnderWay || epoch === length) go(figure, 1);
}

function proceed(figure) {
  const { state: { epoch } } = figure;
  if (epoch + 1 >= historyOf(figure).length) visit(figure, epoch + 1);
  else go(figure, epoch + 1);
}

const codeOf = ({ seed, epoch, patience }) => [seed, epoch, patience].join("-");

function open(figure, code) {
  const { runs } = figure.given;
  const [seed, epoch, patience, ...more] = code.split("-").map(Number);
  const isIn = (v, low, high) => Number.isInteger(v) && v >= low && v <= high;
  const isThere = !more.length && isIn(seed, 0, runs.length - 1)
    && isIn(epoch, 1, runs[0].length) && isIn(patience, 1, mostPatience);
  if (!isThere) return false;
  Object.assign(figure.state, { seed, patience });
  visit(figure, epoch);
  return true;
}

// --- Drawing ---

function draw(figure) {
  const { state, view } = figure;
  const history = historyOf(figure);
  const end = stopOf(history, state.patience);
  const kept = bestOf(history, end);
  drawCurves(view.loss, state.epoch, history, [[0, "y"], [1, "x"]]);
  drawCurves(view.accuracy, state.epoch, history, [[2, "x"]]);
  drawGap(view.loss, state.epoch, history);
  const best = bestOf(history, history.length);
  [[view.loss, 1], [view.accuracy, 2]].forEach(([plot, column]) =>
    drawStop(plot, end, ...[kept, best].map((epoch) => [epoch, history[epoch - 1][column]])));
  view.slider.value = view.shown.value = state.epoch;
  view.seed.set(state.seed);
  view.patience.set(state.patience);
  view.status.textContent = spellEpoch(state.epoch, history);
  view.stop.replaceChildren(...spellStop(state.patience, end, kept, history));
  view.link.set(codeOf(state));
}

// Up to the epoch in colour, what comes later pale.
function drawCurves(plot, epoch, history, columns) {
  const curve = (column) => history.map((row, i) => [i + 1, row[column]]);
  const [low, high] = plot.yRange;
  plot.inside.innerHTML = columns.map(([column, role]) =>
    line(plot, curve(column), `${role} later`)
      + line(plot, curve(column).slice(0, epoch), role)).join("")
    + line(plot, [[epoch, low], [epoch, high]], "now");
}

function drawGap({ inside, ...plot }, epoch, history) {
  const [train, held] = history[epoch - 1];
  inside.innerHTML += line(plot, [[epoch, train], [epoch, held]], "g");
}

// Where the run stops, a ring at the epoch that it keeps, and in it or elsewhere the best epoch.
function drawStop({ inside, ...plot }, end, kept, best) {
  const [x, y] = at(plot, kept);
  const [u, v] = at(plot, best);
  inside.innerHTML += line(plot, [[end, plot.yRange[0]], [end, plot.yRange[1]]], "dash")
    + `<circle cx="${x}" cy="${y}" r="6"/>`
    + `<path class="best" d="M${u} ${v - 4}l4 4l-4 4l-4 -4z"/>`;
}

// The gap is the difference of the two numbers as they are shown.
function spellEpoch(epoch, history) {
  const [train, held, right] = history[epoch - 1];
  const gap = Number(held.toFixed(3)) - Number(train.toFixed(3));
  const best = bestOf(history, epoch);
  return `After epoch ${epoch}: training ${train.toFixed(3)}, held out ${held.toFixed(3)}, gap `
    + `${gap.toFixed(3).replace("-", "−")}; ${percent(right)} correct. `
    + `Lowest held-out loss up to here: epoch ${best}.`;
}

function spellStop(patience, end, kept, history) {
  const [, held, right] = history[kept - 1];
  const best = bestOf(history, history.length);
  const verdict = kept === best ? `Finds the best epoch: it keeps epoch ${kept}.`
    : `Stops too early: it keeps epoch ${kept}; the best is ${best}.`;
  const epochs = patience === 1 ? "1 epoch" : `${patience} epochs`;
  return [
    h("b", {}, verdict),
    ` After ${epochs} without a lower held-out loss the run stops, here after epoch ${end}. `
      + `Held-out loss of epoch ${kept}: ${held.toFixed(3)}, ${percent(right)} correct`
      + (kept === best ? "." : `; of epoch ${best}: ${history[best - 1][1].toFixed(3)}.`),
  ];
}
