// The gradient-descent playground: a straight line through points that can be moved, and the walk
// of its slope w and intercept b over the cost, the mean of the squared errors. The steps are those
// of cnnlib.optim.SGD.
//
// The figure is one object: what it was `given`, its `state`, which is what the reader has made of
// that, and on the page its `view`.

const { ceil, floor, log, log10, max, min } = Math;

const mostSteps = 300;
const keys = "The arrow keys move a point, Page Up and Page Down choose another.";

// --- The mathematics ---

// The learning rate from which on a walk diverges.
const limitOf = ({ high }) => 2 / high;
const pathOf = (state, steps) => walk({ ...state, make: () => (gradient) => gradient }, steps);

// --- What is said ---

// Whether the walk arrives, in a word, and why: by what a step multiplies the offset from the
// lowest place along each axis of the valley.
function verdict({ lr }, { high, low }) {
  const [steep, flat] = [high, low].map((curvature) => 1 - lr * curvature);
  const slow = max(abs(steep), abs(flat));
  const arrives = steep < 0 ? "Zigzags, and converges" : "Converges";
  const steps = digits(ceil(log(10) / -log(slow)));
  return [
    slow > 1 ? "Diverges" : arrives,
    `Each step multiplies the offset from ✕ by ${digits(steep, 4)} across the valley, `
      + "where it is steep" + (steep < 0 ? " (the walk changes sides)" : "")
      + `, and by ${digits(flat, 6)} along it, where it is flat.`
      + (slow < 1 ? ` In ${steps} steps both parts are at least ten times smaller.` : ""),
  ];
}

// Where the walk is, and where it should be.
function spellPlaces(places, costs, best, lowest) {
  const spell = ([w, b], c) => `w = ${digits(w, 4)}, b = ${digits(b, 4)}, cost ${digits(c, 4)}`;
  return [`Step ${places.length - 1}: ${spell(places.at(-1), costs.at(-1))}.`,
    `Lowest, ✕: ${spell(best, lowest)}.`];
}

const spellLimit = ({ lr }, { high }, limit) =>
  `Across the valley the curvature is λmax = ${digits(high, 5)}, so the limit is 2/λmax = `
  + `${digits(limit, 4)}; α is ${digits(lr / limit)} of it.`;

// --- Drawing ---

function draw(figure) {
  const { state, view } = figure;
  const { points, start, steps } = state;
  const valley = valleyOf(points);
  const limit = limitOf(valley);
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
  view.texts.replaceChildren(...[
    spellLimit(state, valley, limit), ...spellPlaces(places, costs, valley.best, lowest),
  ].map((text) => h("p", {}, text)));
  view.link.set(codeOf(figure));
}

// The points, the line through them, and from each point to the line its error.
function drawLine(plot, points, [w, b]) {
  const fitted = (x) => [x, w * x + b];
  points.forEach((point, i) => put(plot, i, point));
  plot.inside.innerHTML = line(plot, [-9, 9].map(fitted), "y")
    + points.map((point) => line(plot, [point, fitted(point[0])], "x")).join("");
}

// The cost of each step on a logarithmic scale, and the lowest one.
function drawCosts(plot, costs, lowest) {
  const magnitude = (v) => log10(max(v, 1e-6));
  const [least, ...heights] = [lowest, ...costs].map(magnitude);
  const from = floor(min(least, ...heights));
  const span = max(least, ...heights) - from;
  const every = ceil(span / 5) || 1;
  const decades = range(ceil(span / every) + 1).map((i) => from + i * every);
  const steps = max(30, ceil((costs.length - 1) / 10) * 10);
  scale(plot, [0, steps / 2, steps], decades, (decade) => digits(10 ** decade, 1));
  plot.inside.innerHTML = line(plot, [[0, least], [steps, least]], "dash")
    + line(plot, heights.map((v, step) => [step, v]), "ink");
}

// The slider runs from 10⁻³ to 10^0.3; the limit is marked below it.
function showControls({ rate, bound, time }, { lr, steps }, limit) {
  rate.input.value = log10(lr);
  rate.shown.value = rate.input.ariaValueText = digits(lr);
  const at = (log10(limit) + 3) / 3.3;
  const isFar = at > 0.7; // no room for the words on the right
  bound.style.setProperty("--at", at);
  bound.classList.toggle("far", isFar);
  const name = `limit ${digits(limit, 4)}`;
  bound.textContent = isFar ? `${name} ▲` : `▲ ${name}`;
  time.input.value = time.shown.value = steps;
}

// --- The elements ---

function descent(data) {
  const figure = { given: data, state: structuredClone(data) };
  figure.view = {
    ...plots(figure), ...controls(figure), status: h("p", { role: "status" }), texts: h("div"),
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
  const curve = makePlot("step", "cost, logarithmic");
  lines.node.ariaDescription = keys;
  rove(lines.marks);
  scale(lines, [-2, 0, 2, 4], [-2, 0, 2, 4, 6]);
  return { lines, hills, curve };
}

// The points are one stop of the Tab key; Page Up and Page Down lead from one to the next.
function rove(marks) {
  const stopAt = (i) => marks.forEach(({ handle }, j) => (handle.tabIndex = i === j ? 0 : -1));
  marks.forEach(({ handle }, i) => {
    handle.addEventListener("focus", () => stopAt(i));
    handle.addEventListener("keydown", (event) => {
      const step = { PageDown: 1, PageUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      marks[i + step]?.handle.focus();
    });
  });
  stopAt(0);
}

function controls(figure) {
  const powers = { min: -3, max: 0.3, step: 0.003 };
  const rate = slider("learning rate α, logarithmic", powers, (power) =>
    change(figure, { lr: Number((10 ** power).toPrecision(3)) }));
  const time = slider("steps", { min: 0, max: mostSteps }, (steps) => change(figure, { steps }));
  return { rate, time, bound: h("small") };
}

// A slider with its name and its number.
function slider(name, limits, moved) {
  const shown = h("output");
  const input = h("input", {
    type: "range", "aria-label": name, ...limits, oninput: () => moved(Number(input.value)),
  });
  return { input, shown, parts: [h("span", {}, name), shown, input] };
}

function arrange(figure) {
  const { state, view: { rate, time, bound, status, texts, link, ...plots } } = figure;
  const [name, shown, input] = rate.parts;
  const titled = ({ node }, title, ...more) => h("div", {}, h("small", {}, title), node, ...more);
  return [
    h("p", {}, h("b", {}, "How large may the learning rate α be?"), " Below a limit, the ",
      h("span", { class: "g" }, "walk"), " of gradient descent comes ever closer to the lowest"
      + " cost ✕; above it, it ends up ever farther away. Move α past the limit, or drag a"
      + " point or the start ○."),
    h("div", { class: "rate" }, name, shown, h("span", {}, input, bound)),
    status,
    h("div", { class: "plots" },
      titled(plots.hills, "A map of the cost of every line, and the walk"),
      titled(plots.lines, "The line at the end of the walk",
        h("small", { class: "keys" }, keys)),
      titled(plots.curve, "The cost after each step; dashed, the lowest"),
      h("div", {}, h("div", { class: "cnn-bar" }, ...time.parts), texts,
        h("p", { class: "cnn-bar" },
          button("Standardise x", () => change(figure, { points: standardised(state.points) })),
          button("Reset", () => change(figure, structuredClone(figure.given))), link.node))),
  ];
}

// --- Events: each changes the state, then draws ---

function change(figure, news) {
  Object.assign(figure.state, news);
  draw(figure);
}

// The address: learning rate, steps, start, and the points if they were changed.
const codeOf = ({ given, state: { lr, steps, start, points } }) =>
  write(lr, steps, [start], unlessGiven(points, given.points));

function open(figure, code) {
  const { given, view: { lines, hills } } = figure;
  const found = read(code, realIn([1e-4, 10]), wholeIn([0, mostSteps]), rowsOf([1, 2]),
    optional(rowsOf(shape(given.points)), given.points));
  if (!found) return false;
  const [lr, steps, [start], points] = found;
  if (!isInside(hills, start) || !points.every((p) => isInside(lines, p))) return false;
  change(figure, { lr, steps, start, points });
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
