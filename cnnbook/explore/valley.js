// The valley explorer: SGD, SGD with momentum, and Adam walk from the same start, each with its own
// learning rate. The places are those of cnnlib.optim.
//
// The figure is one object: what it was `given`, its `state`, which is what the reader has made of
// that, the `valley`, and on the page its `view`.

const { ceil, floor, log10, max, min } = Math;

const names = ["SGD", "momentum", "Adam"];
const roleOf = (name) => name.toLowerCase();
const rates = [-3, 0.3]; // the sliders' ends, as powers of ten

function valley({ close, most, ...given }) {
  const figure = { given, close, most, state: structuredClone(given) };
  figure.valley = valleyOf(given.points);
  figure.lowest = cost(given.points, figure.valley.best);
  figure.view = elements(figure);
  draw(figure);
  return arrange(figure);
}

// --- The walks ---

// How a gradient becomes a step, for one number: each call of these starts afresh.
function heavyBall(mu) {
  let velocity = 0;
  return (gradient) => {
    velocity = mu * velocity + gradient;
    return velocity;
  };
}

function adaptive() {
  let [m, v, count] = [0, 0, 0];
  return (gradient) => {
    m = 0.9 * m + 0.1 * gradient;
    v = 0.999 * v + 0.001 * gradient * gradient;
    count += 1;
    return m / (1 - 0.9 ** count) / (sqrt(v / (1 - 0.999 ** count)) + 1e-8);
  };
}

// Where each rule goes in all the steps there are.
function walksOf({ state, most }) {
  const makers = [() => heavyBall(0), () => heavyBall(state.momentum), adaptive];
  return makers.map((make, i) => walk({ ...state, make, lr: state.rates[i] }, most));
}

const distance = ({ valley: { best } }, [w, b]) => hypot(w - best[0], b - best[1]);

// The step from which on a walk stays close to the best place; none if it does not get there.
function arrivalOf(figure, places) {
  const last = places.findLastIndex((place) => distance(figure, place) > figure.close);
  return last < figure.most && !isLost(figure, places) ? last + 1 : undefined;
}

const isLost = ({ most }, places) => places.length <= most;

// The race ends soon after the last arrival; a rule that is slow makes it as long as can be, one
// that is lost does not.
function endOf(figure, walks) {
  const steps = walks.filter((places) => !isLost(figure, places))
    .map((places) => arrivalOf(figure, places) ?? figure.most);
  return min(ceil((max(0, ...steps) + 10) / 20) * 20, figure.most);
}

// --- The elements ---

function elements(figure) {
  const status = h("p", { role: "status" });
  const curve = makePlot("step", "cost above the lowest");
  return {
    hills: makeHills((start) => change(figure, { start })),
    curve,
    rules: names.map((name, i) => ruleRow(figure, name, i)),
    status,
    runner: player(120, status, () => run(figure), () => proceed(figure)),
    link: linkTo("valley", "race", (code) => open(figure, code)),
  };
}

// A rule: its name in its colour, its learning rate and, for momentum, how much of a step is kept.
function ruleRow(figure, name, i) {
  const rate = slider("learning rate α", name, [...rates, 0.003], (power) =>
    change(figure, { rates: figure.state.rates.with(i, 10 ** power) }));
  const kept = slider("momentum µ", name, [0, 0.99, 0.01], (momentum) =>
    change(figure, { momentum }));
  const arrival = h("td");
  const sliders = name === "momentum" ? [rate.node, kept.node] : [rate.node];
  const node = h("tr", { class: roleOf(name) },
    h("th", { scope: "row" }, name), h("td", {}, ...sliders), arrival);
  return { node, rate, kept, arrival };
}

function slider(label, rule, [low, high, step], moved) {
  const input = h("input", {
    type: "range", min: low, max: high, step, "aria-label": `${label}, ${rule}`,
    oninput: () => moved(Number(input.value)),
  });
  const shown = h("output");
  return { node: h("label", {}, label, input, shown), input, shown };
}

function arrange(figure) {
  const { hills, curve, rules, status, runner, link } = figure.view;
  return [
    h("p", {}, "Drag the start ○ of the three walks, or move a slider."),
    h("div", { class: "cnn-bar" }, runner.node,
      button("Step", () => visit(figure, placeOf(figure) + 1)),
      button("Reset", () => reset(figure)), link.node),
    h("table", { class: "rules" }, h("tbody", {}, ...rules.map(({ node }) => node))),
    h("div", { class: "plots" }, hills.node, curve.node),
    status,
  ];
}

// --- Events: each changes the state, then draws ---

function change(figure, news) {
  Object.assign(figure.state, news);
  draw(figure);
}

// At the start, with the settings that were given.
function reset(figure) {
  figure.view.runner.pause();
  change(figure, { ...structuredClone(figure.given), steps: 0 });
}

const go = (figure, steps) => change(figure, { steps });

function visit(figure, steps) {
  figure.view.runner.pause();
  go(figure, steps);
}

// Where the race goes on: where the reader has let the walks go, and from the end at the start.
const placeOf = ({ state: { steps }, end }) => (steps < end ? steps : 0);

// Where motion is unwanted, to the end.
function run(figure) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) visit(figure, figure.most);
  else go(figure, placeOf(figure));
}

// Step by step at first, then ever faster. Once at the end, the race stays there when it becomes
// longer.
function proceed(figure) {
  const { state: { steps }, end, most } = figure;
  const next = steps + ceil((steps + 1) / 40);
  if (next >= end) visit(figure, most);
  else go(figure, next);
}

// The start, the learning rates, µ, and the step.
const codeOf = ({ start, rates, momentum, steps }) =>
  [...start, ...rates, momentum, steps].map((v) => +v.toPrecision(4)).join("_");

function open(figure, code) {
  const [w, b, plain, heavy, adam, momentum, steps, ...more] = code.split("_").map(Number);
  const { hills: { xRange, yRange } } = figure.view;
  const isIn = ([v, [low, high]]) => v >= low && v <= high;
  const powers = [plain, heavy, adam].map((rate) => [log10(rate), rates]);
  const pairs = [[w, xRange], [b, yRange], ...powers, [momentum, [0, 0.99]]];
  if (more.length || ![...pairs, [steps, [0, figure.most]]].every(isIn)) return false;
  visit(figure, floor(steps));
  change(figure, { start: [w, b], rates: [plain, heavy, adam], momentum });
  return true;
}

// --- Drawing ---

function draw(figure) {
  const { state, view } = figure;
  const walks = walksOf(figure);
  figure.end = endOf(figure, walks);
  const shown = walks.map((places) => places.slice(0, min(state.steps, figure.end) + 1));
  put(view.hills, 0, state.start);
  view.hills.inside.innerHTML = contours(view.hills, figure.valley)
    + shown.map((places, i) => trail(view.hills, places, roleOf(names[i]))).join("")
    + cross(view.hills, figure.valley);
  drawCosts(figure, shown, walks.map((places) => arrivalOf(figure, places)));
  view.rules.forEach((rule, i) => showRule(figure, rule, i, walks[i]));
  view.status.textContent = spellPlaces(figure, shown);
  view.link.set(codeOf(state));
}

// The cost of each step above the lowest, on a logarithmic scale, and a point at each arrival.
function drawCosts({ given: { points }, lowest, end, view: { curve } }, shown, arrivals) {
  scale(curve, [0, end / 2, end], [-8, -6, -4, -2, 0, 2], (power) =>
    `10<tspan dy="-5" font-size="9">${short(power)}</tspan>`);
  const height = (place) => log10(max(cost(points, place) - lowest, 1e-9));
  curve.inside.innerHTML = shown.map((places, i) => {
    const spots = places.map((place, step) => [step, height(place)]);
    const role = roleOf(names[i]);
    const arrived = spots[arrivals[i]];
    return line(curve, spots, `${role} curve`) + (arrived ? point(curve, arrived, role) : "");
  }).join("");
}

function point(plot, place, role) {
  const [x, y] = at(plot, place);
  return `<circle class="${role}" cx="${x}" cy="${y}" r="5"/>`;
}

function showRule(figure, { rate, kept, arrival }, i, places) {
  const { state, most } = figure;
  rate.input.value = log10(state.rates[i]);
  rate.shown.value = rate.input.ariaValueText = digits(state.rates[i]);
  kept.input.value = state.momentum;
  kept.shown.value = kept.input.ariaValueText = digits(state.momentum);
  const step = arrivalOf(figure, places);
  const absent = isLost(figure, places) ? "diverged" : `not in ${most} steps`;
  const dot = h("b", {}, "●");
  arrival.replaceChildren(...(step === undefined ? [absent] : [dot, ` arrives at step ${step}`]));
}

function spellPlaces(figure, shown) {
  const { state, end, close } = figure;
  const steps = min(state.steps, end);
  const spell = (places, i) => {
    const isFar = places.length <= steps;
    return `${names[i]} ${isFar ? "diverged" : digits(distance(figure, places.at(-1)), 2)}`;
  };
  return `Step ${steps} of ${end}: the distance to the lowest place × is `
    + `${shown.map(spell).join(", ")}. A rule has arrived when it stays closer than ${close}.`;
}
