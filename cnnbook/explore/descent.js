// The gradient-descent playground: a straight line through points that can be moved, and the walk
// of its slope w and intercept b over the cost, the mean of the squared errors. The updates are
// those of cnnlib.optim: SGD, SGD with momentum, and Adam.
//
// The figure is one object: what it was `given`, its `state`, which is what the reader has made of
// that, and on the page its `view`.

const { ceil, floor, log, log10, max, min } = Math;

const plain = "SGD";
const momentum = "SGD, momentum 0.9";
const adam = "Adam";
const methods = [plain, momentum, adam];
const mostSteps = 300;

// --- The mathematics ---

// How much of a step the next one keeps; and the learning rate from which on a walk diverges.
const memory = (method) => (method === momentum ? 0.9 : 0);
const limitOf = (method, { high }) => 2 * (1 + memory(method)) / high;

function pathOf({ method, ...state }, steps) {
  const make = () => (method === adam ? adaptive() : heavyBall(memory(method)));
  return walk({ ...state, make }, steps);
}

// By what a step multiplies an error along an axis in the end: the larger root, in size, of
// c² = (1 + µ − lr · curvature) c − µ. It swings if the root is negative or complex.
function factor({ method, lr }, curvature) {
  const mu = memory(method);
  const twice = 1 + mu - lr * curvature;
  const discriminant = twice * twice - 4 * mu;
  if (discriminant < 0) return { size: sqrt(mu), swings: true };
  return { size: (abs(twice) + sqrt(discriminant)) / 2, swings: twice < 0 };
}

// --- What is said ---

// Whether the walk arrives, in a word, and why.
function verdict(state, valley) {
  if (state.method === adam) return verdictOnAdam(state, valley);
  const steep = factor(state, valley.high);
  const flat = factor(state, valley.low);
  const slow = max(steep.size, flat.size);
  const spell = ({ size, swings }) => digits(size) + (swings ? " (to and fro)" : "");
  const arrives = steep.swings ? "Oscillates, and converges" : "Converges";
  const steps = digits(ceil(log(10) / -log(slow)));
  return [
    slow > 1 ? "Diverges" : arrives,
    `A step multiplies the error on the steep axis by ${spell(steep)}, on the flat one by `
      + `${spell(flat)}.` + (slow < 1 ? ` One digit more takes ${steps} steps.` : ""),
  ];
}

// Adam's steps have no factor: it is judged by a long walk, and by how often w crosses the best w.
function verdictOnAdam(state, { best }) {
  const places = pathOf(state, 2000);
  const left = cost(state.points, places.at(-1)) - cost(state.points, best);
  const isAbove = places.map(([w]) => w > best[0]);
  const crossings = isAbove.slice(0, 200).filter((side, i) => side !== isAbove[i + 1]).length;
  const arrives = crossings > 2 ? "Oscillates, and converges" : "Converges";
  return [
    left > 1e-4 ? "Not there after 2,000 steps" : arrives,
    "Adam has no limit 2/λmax: its steps are about α long, however steep it is.",
  ];
}

// Where the walk is, and where it should be.
function spellPlaces(places, costs, best, lowest) {
  const spell = ([w, b], c) => `w = ${digits(w, 4)}, b = ${digits(b, 4)}, cost ${digits(c, 4)}`;
  return `Step ${places.length - 1}: ${spell(places.at(-1), costs.at(-1))}.`
    + ` Best: ${spell(best, lowest)}.`;
}

function spellHessian({ method, lr }, { p, q, high, low }, limit) {
  const eigenvalues = `λmax = ${digits(high, 4)}, λmin = ${digits(low, 4)}.`;
  const parts = ` Limit ${2 + 2 * memory(method)}/λmax = ${digits(limit, 4)};`
    + ` α is ${digits(lr / limit)} of it.`;
  return `Hessian [${digits(p)}, ${digits(q)}; ${digits(q)}, 2]: ${eigenvalues}`
    + (method === adam ? "" : parts);
}

// --- Drawing ---

function draw(figure) {
  const { state, view } = figure;
  const { method, points, start, steps } = state;
  const valley = valleyOf(points);
  const limit = limitOf(method, valley);
  const places = pathOf(state, steps);
  const costs = places.map((place) => cost(points, place));
  const lowest = cost(points, valley.best);
  drawLine(view.lines, points, places.at(-1));
  put(view.hills, 0, start);
  view.hills.inside.innerHTML = contours(view.hills, valley) + trail(view.hills, places, "g")
    + cross(view.hills, valley);
  drawCosts(view.curve, costs, lowest);
  showControls(view, state, limit);
  const [word, why] = verdict(state, valley);
  view.status.replaceChildren(h("b", {}, `${word}. `), why);
  view.place.textContent = spellPlaces(places, costs, valley.best, lowest);
  view.hessian.textContent = spellHessian(state, valley, limit);
  view.link.set(codeOf(figure));
}

// The points, the line through them, and from each point to the line its error.
function drawLine(plot, points, [w, b]) {
  const fitted = (x) => [x, w * x + b];
  points.forEach((point, i) => put(plot, i, point));
  plot.inside.innerHTML = line(plot, [-9, 9].map(fitted), "y")
    + points.map((point) => line(plot, [point, fitted(point[0])], "")).join("");
}

// The cost of each step on a logarithmic scale, and the lowest one.
function drawCosts(plot, costs, lowest) {
  const magnitude = (v) => log10(max(v, 1e-6));
  const [least, ...heights] = [lowest, ...costs].map(magnitude);
  const from = floor(min(least, ...heights));
  const span = max(least, ...heights) - from;
  const every = ceil(span / 5) || 1;
  const decades = range(ceil(span / every) + 1).map((i) => from + i * every);
  const steps = max(30, ceil(costs.length / 10) * 10);
  scale(plot, [0, steps / 2, steps], decades, (decade) => digits(10 ** decade, 1));
  plot.inside.innerHTML = line(plot, [[0, least], [steps, least]], "dash")
    + line(plot, heights.map((v, step) => [step, v]), "ink");
}

// The slider runs from 10⁻³ to 10^0.3; the limit is marked below it.
function showControls({ method, rate, shown, bound, near }, state, limit) {
  const isFree = state.method === adam;
  method.value = state.method;
  rate.value = log10(state.lr);
  shown.value = digits(state.lr);
  rate.ariaValueText = shown.value;
  bound.style.setProperty("--at", (log10(limit) + 3) / 3.3);
  bound.textContent = isFree ? "" : "limit ▲";
  for (const node of near) node.hidden = isFree;
}

// --- The elements ---

function descent(data) {
  const given = { method: plain, ...data };
  const figure = { given, state: structuredClone(given) };
  const status = h("p", { role: "status" });
  figure.view = {
    ...plots(figure), ...controls(figure), status, place: h("p"), hessian: h("p"),
    player: player(100, status, () => begin(figure), () => proceed(figure)),
    link: linkTo("descent", "view", (code) => open(figure, code)),
  };
  draw(figure);
  return arrange(figure);
}

function plots(figure) {
  const names = figure.state.points.map((_, i) => `point ${i + 1}`);
  const lines = makePlot("x", "t", names, (i, point) =>
    change(figure, { points: figure.state.points.with(i, point) }));
  const hills = makeHills((start) => change(figure, { start }));
  const curve = makePlot("step", "cost");
  scale(lines, [-2, 0, 2, 4], [-2, 0, 2, 4, 6]);
  return { lines, hills, curve };
}

function controls(figure) {
  const method = choice(methods, () => change(figure, { method: method.value }));
  const rate = h("input", {
    type: "range", "aria-label": "learning rate", min: -3, max: 0.3, step: 0.003,
    oninput: () => change(figure, { lr: Number((10 ** rate.value).toPrecision(3)) }),
  });
  const near = [0.99, 1.01].map((part) =>
    button(`${part} × limit`, () => setNearLimit(figure, part)));
  return { method, rate, shown: h("output"), bound: h("small"), near };
}

function arrange(figure) {
  const { state, view } = figure;
  const { method, shown, rate, bound, near } = view;
  return [
    h("div", { class: "cnn-bar" }, h("label", {}, "optimizer ", method),
      button("Step", () => visit(figure, state.steps + 1)), view.player.node,
      button("Standardise x", () => change(figure, { points: standardised(state.points) })),
      button("Reset", () => reset(figure)),
      h("div", { class: "rate" }, "learning rate α", shown, h("span", {}, rate, bound)),
      ...near, view.link.node),
    h("p", {}, "Drag a point or the start."),
    h("div", { class: "plots" }, view.lines.node, view.hills.node, view.curve.node,
      h("div", {}, view.status, view.place, view.hessian)),
  ];
}

// --- Events: each changes the state, then draws ---

function change(figure, news) {
  Object.assign(figure.state, news);
  draw(figure);
}

function reset(figure) {
  figure.view.player.pause();
  change(figure, { ...structuredClone(figure.given), steps: 0 });
}

function setNearLimit(figure, part) {
  const { method, points } = figure.state;
  change(figure, { lr: part * limitOf(method, valleyOf(points)) });
}

// The address: method, learning rate, steps, start, and the points if they were changed.
const codeOf = ({ given, state: { method, lr, steps, start, points } }) =>
  write(method, lr, steps, [start], unlessGiven(points, given.points));

function open(figure, code) {
  const { given, view: { lines, hills } } = figure;
  const found = read(code, nameIn(methods), realIn([1e-4, 10]),
    wholeIn([0, mostSteps]), rowsOf([1, 2]),
    optional(rowsOf(shape(given.points)), given.points));
  if (!found) return false;
  const [method, lr, steps, [start], points] = found;
  if (!isInside(hills, start) || !points.every((p) => isInside(lines, p))) return false;
  change(figure, { method, lr, start, points });
  visit(figure, steps);
  return true;
}

const isInside = ({ xRange, yRange }, [x, y]) =>
  x === clamp(x, ...xRange) && y === clamp(y, ...yRange);

// The points with an x of mean 0 and standard deviation 1.
function standardised(points) {
  const xs = points.map(([x]) => x);
  const middle = mean(xs);
  const deviation = sqrt(mean(xs.map((x) => (x - middle) ** 2))) || 1;
  return points.map(([x, t]) => [(x - middle) / deviation, t]);
}

// Show so many steps, or all that the walk has; it has fewer if it is lost.
const endOf = ({ state }) => pathOf(state, mostSteps).length - 1;
const go = (figure, steps) => change(figure, { steps: min(steps, endOf(figure)) });

// Where the reader wants; that ends the playing.
function visit(figure, steps) {
  figure.view.player.pause();
  go(figure, steps);
}

// Play: from the start again if the walk was at its end, ever faster; at once to the end where the
// reader has asked for less motion.
function begin(figure) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) visit(figure, mostSteps);
  else if (figure.state.steps >= endOf(figure)) go(figure, 0);
}

function proceed(figure) {
  const { steps } = figure.state;
  const next = steps + ceil((steps + 1) / 20);
  if (next < endOf(figure)) go(figure, next);
  else visit(figure, next);
}
