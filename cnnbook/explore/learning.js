// The learning explorer: a network learns to read digits in the page. network.js and gradients.js
// go forward and backward; here the gradients of the weights and Adam follow. The steps are those
// of cnnlib, but for the rounding of float32.
//
// The figure is one object: what it was `given`, the digits to learn from and those that are `held`
// out, its `run`, which is all that has been learnt, the run `before`, and on the page its `view`.

const inits = { normal: "N(0, 1)", he: "He" };
const every = 10; // so many steps lie between two looks at the digits that are held out

// --- The mathematics ---

// Digits: their pictures, 16 shades of grey and two pixels in a byte, and their labels.
function examples({ pictures, labels }) {
  const shades = [...bytesOf(pictures)].flatMap((byte) => [byte >> 4, byte & 15]);
  const size = shades.length / labels.length;
  return [...labels].map((label, i) => ({
    label: Number(label),
    picture: Float32Array.from(shades.slice(i * size, (i + 1) * size), (shade) => shade / 15),
  }));
}

// The start of a run. The weights were drawn from N(0, 1); He initialisation scales them.
// `losses` will hold the loss before the first step and after each, on the digits that come next,
// `shares` each [step, share of held-out digits read].
function begin(given, { init, rate }) {
  const layers = network(given);
  if (init === "he") layers.forEach(scaleDown);
  const params = layers.flatMap(({ w, b }) => [w, b]).map((now) => ({
    now,
    start: now.slice(),
    ...Object.fromEntries(["gradient", "m", "v"].map((key) => [key, new Float64Array(now.length)])),
  }));
  return { init, rate, layers, params, steps: 0, losses: [], shares: [] };
}

function scaleDown({ from: [maps], kernel, w, b }) {
  const deviation = sqrt(2 / (maps * kernel * kernel));
  w.forEach((v, i) => { w[i] = v * deviation; });
  b.fill(0);
}

// The mean loss of the next digits, and its gradient.
function measure(run, digits, batch) {
  run.params.forEach(({ gradient }) => gradient.fill(0));
  const next = range(batch).map((i) => digits[(run.steps * batch + i) % digits.length]);
  run.losses.push(sum(next.map((digit) => study(run, digit))) / batch);
}

// One step of Adam, and what the network then makes of the next digits.
function learn(run, digits, batch) {
  run.steps += 1;
  run.params.forEach((param) => adam(param, run.rate, run.steps, batch));
  measure(run, digits, batch);
}

// Add what one digit gives to the gradients; its loss.
function study({ layers, params }, { picture, label }) {
  const values = forward(layers, picture);
  const { chances, loss } = judge(values.at(-1), label);
  const { sums } = backward(layers, values, chances, label);
  layers.forEach((layer, k) => {
    if (layer.learned) collect(layer, values[k - 1], sums[k], params[2 * k], params[2 * k + 1]);
  });
  return loss;
}

// Softmax, and the cross-entropy of the right class.
function judge(logits, label) {
  const largest = max(...logits);
  const powers = Array.from(logits, (z) => exp(z - largest));
  const total = sum(powers);
  return {
    chances: powers.map((power) => power / total),
    loss: largest + Math.log(total) - logits[label],
  };
}

// The gradient of the weights: each gets the numbers that it was multiplied by, times dy.
function collect(layer, x, dy, weights, biases) {
  const { to: [outputs], windows } = layer;
  let at = 0;
  for (let output = 0; output < outputs; output++) {
    for (const down of windows) {
      for (const across of windows) {
        biases.gradient[output] += dy[at];
        if (dy[at]) collectFrom(layer, x, dy[at], weights.gradient, output, down, across);
        at += 1;
      }
    }
  }
}

// The mirror of `weigh`, as `sendToAll` is.
function collectFrom({ from: [maps, rows], kernel }, x, dy, dw, output, down, across) {
  for (let map = 0; map < maps; map++) {
    for (let row = down.low; row < down.high; row++) {
      const cells = (map * rows + row) * rows;
      const line = (output * maps + map) * kernel + row - down.start;
      const weights = line * kernel - across.start;
      for (let column = across.low; column < across.high; column++) {
        dw[weights + column] += x[cells + column] * dy;
      }
    }
  }
}

// As cnnlib.optim.Adam. The gradient is the sum over a batch, of which the mean is meant.
function adam({ now, gradient, m, v }, rate, t, batch) {
  const [early, late] = [1 - 0.9 ** t, 1 - 0.999 ** t];
  for (let i = 0; i < now.length; i++) {
    const g = gradient[i] / batch;
    m[i] = 0.9 * m[i] + 0.1 * g;
    v[i] = 0.999 * v[i] + 0.001 * g * g;
    now[i] -= rate * (m[i] / early) / (sqrt(v[i] / late) + 1e-8);
  }
}

// What the network takes each held digit for, and with which probability.
function examine(run, held) {
  run.answers = held.map(({ picture, label }) => {
    const { chances } = judge(forward(run.layers, picture).at(-1), label);
    const p = max(...chances);
    return { read: chances.indexOf(p), p, isRight: chances.indexOf(p) === label };
  });
  run.shares.push([run.steps, rightOf(run) / held.length]);
}

const rightOf = ({ answers }) => sum(answers.map(({ isRight }) => Number(isRight)));

// How far the weights are from their start, as a part of what they were: root mean squares.
function moved({ params }) {
  const weights = params.filter((_, i) => i % 2 === 0);
  const total = (part) => sum(weights.map((param) => sum(part(param).map((v) => v * v))));
  return sqrt(total(({ now, start }) => now.map((v, i) => v - start[i]))
    / total(({ start }) => start));
}

// --- What is said ---

const question = "A network learns to read digits: can 500 steps make up for a bad start?";
const task = "Its weights start at random: from N(0, 1), or smaller with He initialisation. "
  + "Press Play and wait half a minute, then choose He and press Play again; the curves of "
  + "the first run stay for comparison.";
const hint = "These digits are held out of training. Those on orange are misread; "
  + "point at or tap one.";

// What guessing comes to: the loss, and the share of digits read. More than `lucky` is no chance,
// being two standard deviations away.
const guess = { loss: Math.log(10), share: 0.1 };
const lucky = 0.15;

const percent = (part) => `${(100 * part).toFixed()} %`;
const digits = (v) => (v < 100 ? v.toPrecision(3) : v.toFixed());
const nameOfRun = ({ init, rate }) => `${inits[init]}, learning rate ${rate}`;

// What is read aloud at the start, after a single step, and after each hundred of a run.
function spell({ given: { steps }, held, run }) {
  const right = `${rightOf(run)} of ${held.length} digits right`;
  if (!run.steps) return `${nameOfRun(run)}, not trained: ${right}.`;
  return `Step ${run.steps} of ${steps}: loss ${digits(run.losses.at(-1))}, ${right},`
    + ` weights changed by ${percent(moved(run))}.`;
}

// What a run has come to at its end, and what to do next.
function verdict({ init, steps, losses, shares }) {
  const [loss, [, share]] = [losses.at(-1), shares.at(-1)];
  return `After ${steps} steps: ${percent(share)} of the digits right and a loss of `
    + `${digits(loss)}; guessing gives ${percent(guess.share)} and ${digits(guess.loss)}. `
    + compared(loss, share) + (init === "normal" ? " Now choose He and press Play." : "");
}

function compared(loss, share) {
  if (share <= lucky) return "It does no better than guessing.";
  if (loss < guess.loss) return "It is better than guessing, by count and by loss.";
  return "It is better by count but not by loss: where it is wrong, it is far too sure.";
}

const spellAnswer = ({ label }, { read, p, isRight }) =>
  `A ${label}, ${isRight ? "read" : "misread"} as ${read}; probability ${short(100 * p, 1)} %.`;

// --- The elements ---

function learning(given) {
  const figure = { given, learnt: examples(given.learnt), held: examples(given.held) };
  figure.pointed = 0;
  start(figure, given.start);
  // What is said is read aloud while it plays, too; a pause looks at the digits.
  figure.runner = player(30, {}, () => renewAtEnd(figure), () => proceed(figure));
  figure.runner.node.addEventListener("click", () => look(figure));
  figure.view = { ...controls(figure), ...pictures(figure), ...texts() };
  look(figure);
  queueMicrotask(() => inkDigits(figure));
  return arrange(figure);
}

function controls(figure) {
  const init = choice(Object.values(inits), () =>
    restart(figure, { init: Object.keys(inits)[init.selectedIndex] }));
  const rate = choice(figure.given.rates, () => restart(figure, { rate: Number(rate.value) }));
  const step = button("Step", () => stepOnce(figure));
  return { init, rate, step, link: linkTo("learning", "run", (code) => follow(figure, code)) };
}

function pictures(figure) {
  const { given: { steps }, run: { layers } } = figure;
  const first = layers.find(({ learned }) => learned);
  return {
    loss: makePlot("loss of the batch, on a logarithmic scale", steps, lossTicks,
      heightOf(guess.loss)),
    share: makePlot("digits read correctly", steps, shareTicks, guess.share),
    kernels: ["kernels now", "their change"].map((name) => makeKernels(name, first)),
    sheet: makeSheet(figure),
  };
}

const texts = () => ({
  task: h("p", { class: "task", "aria-live": "polite" }),
  tally: range(4).map(() => h("b")), legend: h("p", { class: "legend" }),
  note: h("p", { class: "note" }), status: h("p", { role: "status" }),
});

function arrange(figure) {
  const { runner, held, view } = figure;
  const names = ["steps", "loss", `of ${held.length} digits read correctly`,
    "weights changed, relative to their size"];
  return [
    h("p", {}, h("b", {}, question)), view.task,
    h("div", { class: "cnn-bar" }, h("label", {}, "initialisation ", view.init),
      h("label", {}, "learning rate ", view.rate), runner.node, view.step,
      button("Start over", () => restart(figure))),
    h("div", { class: "parts" },
      h("div", {},
        h("p", { class: "tally" }, ...names.map((name, i) => h("span", {}, view.tally[i], name))),
        view.loss.node, view.share.node, view.legend, ...view.kernels.map(({ node }) => node),
        h("small", {}, "The kernels of the first layer; red: above 0, blue: below 0")),
      h("div", {}, h("p", {}, hint), view.note, view.sheet.node, view.link.node)),
    view.status,
  ];
}

// --- Events: each changes the state, then draws ---

function start(figure, settings) {
  const { given, learnt } = figure;
  figure.run = begin(given, settings);
  measure(figure.run, learnt, given.batch);
}

// A new run. One with other settings, if it has begun, stays in sight.
function renew(figure, settings) {
  const { run } = figure;
  if (settings && run.steps) figure.before = run;
  start(figure, { ...run, ...settings });
  look(figure);
  say(figure);
}

function restart(figure, settings) {
  figure.runner.pause();
  renew(figure, settings);
}

function renewAtEnd(figure) {
  if (hasEnded(figure)) renew(figure);
}

const hasEnded = ({ given: { steps }, run }) => run.steps === steps;

// The next step of a run that plays.
function proceed(figure) {
  const { given: { batch }, run, learnt } = figure;
  learn(run, learnt, batch);
  if (run.steps % every) draw(figure);
  else look(figure);
  if (run.steps % 100 === 0) say(figure);
  if (hasEnded(figure)) figure.runner.pause();
}

function stepOnce(figure) {
  figure.runner.pause();
  if (hasEnded(figure)) return;
  learn(figure.run, figure.learnt, figure.given.batch);
  look(figure);
  say(figure);
}

// Start the run that the address names, if there is such a one.
function follow(figure, code) {
  const [init, rate] = code.split("-");
  const isKnown = Object.hasOwn(inits, init) && figure.given.rates.includes(Number(rate));
  if (isKnown) restart(figure, { init, rate: Number(rate) });
  return isKnown;
}

// --- Drawing ---

// Look at the held digits, and show everything.
function look(figure) {
  const { run, held, view } = figure;
  if (run.shares.at(-1)?.[0] !== run.steps) examine(run, held);
  run.answers.forEach((answer, i) => {
    const cell = view.sheet.cells[i];
    cell.classList.toggle("wrong", !answer.isRight);
    cell.ariaLabel = spellAnswer(held[i], answer);
  });
  drawNote(figure);
  draw(figure);
  view.task.textContent = hasEnded(figure) ? verdict(run) : task;
}

function draw(figure) {
  drawTally(figure);
  drawPlots(figure);
  drawKernels(figure);
  drawControls(figure);
}

const say = (figure) => { figure.view.status.textContent = spell(figure); };

function drawTally({ run, view: { tally } }) {
  const [loss, share] = [digits(run.losses.at(-1)), percent(run.shares.at(-1)[1])];
  [run.steps, loss, share, percent(moved(run))].forEach((text, i) => {
    tally[i].textContent = text;
  });
}

function drawControls(figure) {
  const { run: { init, rate }, view } = figure;
  view.init.value = inits[init];
  view.rate.value = rate;
  view.step.ariaDisabled = hasEnded(figure);
  view.link.set(`${init}-${rate}`);
}

function drawNote({ held, run: { answers }, pointed, view: { note, sheet } }) {
  note.textContent = spellAnswer(held[pointed], answers[pointed]);
  sheet.cells.forEach((cell, i) => cell.classList.toggle("met", i === pointed));
}

// --- Plots ---

// A plot of width × height units, for heights from 0 to 1: two curves, with a dot where this run
// has come to, and a dotted line at what guessing gives.
const width = 300;
const height = 108;
const yOf = (part) => height * (1 - part);

function makePlot(name, steps, ticks, guessed) {
  const text = (x, y, side, words) =>
    `<text x="${x}" y="${y}" text-anchor="${side}">${words}</text>`;
  const node = h("div");
  node.innerHTML = `<svg viewBox="-46 -26 348 154" role="img" aria-label="${name}, by step">`
    + text(-46, -13, "start", name)
    + ticks.map(([words, part]) => text(-6, yOf(part) + 4, "end", words)).join("")
    + text(0, height + 16, "start", 0) + text(width, height + 16, "end", `step ${steps}`)
    + `<path class="guess" d="M0 ${yOf(guessed)}h${width}"/>`
    + text(width - 4, yOf(guessed) - 5, "end", "guessing")
    + `<svg width="${width}" height="${height}"><path class="before"/><path class="now"/></svg>`
    + `<rect width="${width}" height="${height}"/><circle r="4"/></svg>`;
  const line = (kind, points) => {
    const places = points.map(([step, part]) => [step / steps * width, yOf(part)]);
    node.querySelector(`.${kind}`).setAttribute("d", `M${places.join("L")}`);
    if (kind === "before") return;
    const [x, y] = places.at(-1);
    node.querySelector("circle").setAttribute("transform", `translate(${x} ${max(y, 0)})`);
  };
  return { node, line };
}

// The loss on a logarithmic scale from 0.01 to 1000.
const heightOf = (loss) => (Math.log10(loss) + 2) / 5;
const lossTicks = [0.01, 1, 100].map((loss) => [loss, heightOf(loss)]);
const shareTicks = [0.1, 0.5, 1].map((part) => [percent(part), part]);

function drawPlots({ run, before, view: { loss, share, legend } }) {
  const runs = Object.entries({ now: run, before }).filter(([, shown]) => shown);
  for (const [kind, { losses, shares }] of runs) {
    loss.line(kind, losses.map((v, i) => [i, heightOf(v)]));
    share.line(kind, shares);
  }
  legend.replaceChildren(...runs.map(([kind, shown]) =>
    h("span", { class: kind }, nameOfRun(shown))));
}

// --- Kernels and digits ---

// Kernels of the first layer: one square for each weight.
function makeKernels(name, { to: [count], kernel }) {
  const squares = range(count).map(() => range(kernel * kernel).map(() => h("i")));
  const node = h("div", { class: "kernels s", role: "img", "aria-label": name },
    h("small", {}, name), ...squares.map((own) => h("span", { style: `--n:${kernel}` }, ...own)));
  return { node, squares: squares.flat() };
}

// The change in the colours of the kernels: pale where it is small beside them.
function drawKernels({ run: { params }, view: { kernels } }) {
  const { now, start } = params.find((param) => param.now.length);
  const changes = now.map((v, i) => v - start[i]);
  const largest = max(...now.map(abs), ...changes.map(abs));
  [now, changes].forEach((weights, i) => kernels[i].squares.forEach((square, at) => {
    square.classList.toggle("minus", weights[at] < 0);
    square.style.setProperty("--v", `${100 * abs(weights[at]) / largest}%`);
  }));
}

// The digits that are held out; the one that was last pointed at tells what it is read as.
const columns = 12;

function makeSheet(figure) {
  const { held } = figure;
  const point = (i, j) => {
    figure.pointed = i * columns + j;
    drawNote(figure);
  };
  const { cells, body } = pointable([held.length / columns, columns], 0, point, point);
  const size = sqrt(held[0].picture.length);
  cells.flat().forEach((cell) => cell.append(h("canvas", { width: size, height: size })));
  const node = h("table", { class: "sheet", ontransitionend: () => inkDigits(figure) }, body);
  return { node, cells: cells.flat() };
}

// The ink has the colour of the text. It is known once the figure is on the page, and changes with
// its theme.
function inkDigits({ held, view: { sheet } }) {
  const { color } = getComputedStyle(sheet.node);
  sheet.cells.forEach((cell, i) => paint(cell.firstChild, held[i].picture, color));
}

function paint(canvas, picture, color) {
  const size = canvas.width;
  const brush = canvas.getContext("2d");
  const image = new ImageData(size, size);
  picture.forEach((ink, at) => { image.data[4 * at + 3] = 255 * ink; });
  brush.putImageData(image, 0, 0);
  brush.globalCompositeOperation = "source-in";
  brush.fillStyle = color;
  brush.fillRect(0, 0, size, size);
}
