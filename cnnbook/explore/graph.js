// The graph explorer: w7 = cos x · sin x + x / y as a program runs it, node by node, and then
// backward as cnnlib.autograd does: dw of a node is the sum, over the nodes that are made from it,
// of their dw times the derivative noted on the edge.
//
// The figure is one object: its `state`, which is x, y and how many steps were made, and on the
// page its `view`.

// Each node: its formula, where its middle stands, and how its value is made.
const nodes = {
  1: { formula: "x", x: 116, y: 33 },
  2: { formula: "y", x: 306, y: 33 },
  3: { formula: "cos w1", x: 56, y: 153, value: (w) => Math.cos(w[1]) },
  4: { formula: "sin w1", x: 176, y: 153, value: (w) => Math.sin(w[1]) },
  5: { formula: "w3 · w4", x: 116, y: 273, value: (w) => w[3] * w[4] },
  6: { formula: "w1 / w2", x: 306, y: 153, value: (w) => w[1] / w[2] },
  7: { formula: "w5 + w6", x: 211, y: 393, value: (w) => w[5] + w[6] },
};

// Each edge: the node that is used, the node made from it, and the derivative of the latter by the
// former, in letters and as a number.
const edges = [
  { from: 1, to: 3, letters: "−sin w1", factor: (w) => -Math.sin(w[1]) },
  { from: 1, to: 4, letters: "cos w1", factor: (w) => Math.cos(w[1]) },
  { from: 3, to: 5, letters: "w4", factor: (w) => w[4] },
  { from: 4, to: 5, letters: "w3", factor: (w) => w[3] },
  { from: 1, to: 6, letters: "1 / w2", factor: (w) => 1 / w[2] },
  { from: 2, to: 6, letters: "−w1 / w2²", factor: (w) => -w[6] / w[2] },
  { from: 5, to: 7, letters: "1", factor: () => 1 },
  { from: 6, to: 7, letters: "1", factor: () => 1 },
];
const into = (k) => edges.filter(({ to }) => to === k);
const outOf = (k) => edges.filter(({ from }) => from === k);

// Two nodes are given; the steps make the other five, then ask all seven for their gradients.
const all = range(7).map((i) => i + 1);
const forwardSteps = 5;
const lastStep = 12;

// --- State ---

// All values, then all gradients.
function run([x, y]) {
  const w = { 1: x, 2: y };
  for (const k of all.slice(2)) w[k] = nodes[k].value(w);
  const dw = { 7: 1 };
  for (const k of [6, 5, 4, 3, 2, 1]) {
    dw[k] = sum(outOf(k).map(({ to, factor }) => dw[to] * factor(w)));
  }
  return { w, dw };
}

// The node whose turn is at a step; none has it before the first. And the step for a node: in the
// forward part of the walk or in the backward one, whichever the walk is in.
function nodeAt(step) {
  if (step > forwardSteps) return lastStep + 1 - step;
  return step > 0 ? step + 2 : undefined;
}
const stepAt = (node, step) => (step > forwardSteps ? lastStep + 1 - node : node - 2);

// What can be seen at a step: the numbers, and which of them are known so far.
function momentOf({ values, step }) {
  return {
    ...run(values),
    current: nodeAt(step),
    backward: step > forwardSteps,
    hasValue: (k) => k <= step + 2,
    hasGradient: (k) => k > lastStep - step,
  };
}

// --- Numbers and formulas ---

// At most four decimals; a sign that says whether some were left out; brackets where needed.
const digits = (v) => short(v, 4);
const isRounded = (v) => Math.abs(Number(v.toFixed(4)) - v) > 1e-9;
const equals = (...values) => (values.some(isRounded) ? "≈" : "=");
const result = (v) => ` ${equals(v)} ${digits(v)}`;
const bracket = (text) => (text.startsWith("−") || text.includes("/") ? `(${text})` : text);

// A formula, the same with numbers, and its value v; nothing that would stand there twice.
function spell(letters, v, w) {
  const used = [...letters.matchAll(/w(\d)/g)].map(([, k]) => w[k]);
  const numbers = letters.replace(/w(\d)/g, (_, k) => bracket(digits(w[k])));
  const isNew = ![letters, bracket(digits(v))].includes(numbers);
  return letters
    + (isNew ? ` ${equals(...used)} ${numbers}` : "")
    + (letters === digits(v) ? "" : result(v));
}

// The status, and the lines below it.
function explain(moment) {
  const { current, backward } = moment;
  if (!current) {
    return ["Two numbers are given, w1 = x and w2 = y.",
      ["Step: a node is computed from those that lead to it, and notes on each edge by what factor"
        + " a small change there comes through."]];
  }
  return backward ? explainGradient(current, moment) : explainValue(current, moment);
}

// A value, and what is noted on the edges.
function explainValue(k, { w }) {
  const notes = into(k).map(({ from, letters, factor }) =>
    [`∂w${k}/∂w${from} = `, h("span", { class: "w" }, spell(letters, factor(w), w))]);
  return [`Forward: w${k} = ${spell(nodes[k].formula, w[k], w)}`, ...notes];
}

// The chain rule for one node.
function explainGradient(k, { w, dw }) {
  const shares = outOf(k).map((edge, i) => [i ? "+ " : "", ...share(edge, w, dw)]);
  return [`Backward: dw${k}${result(dw[k])}`, ...shares, [meaning(k, dw)]];
}

// What comes over one edge, in letters and in numbers.
function share({ to, letters, factor }, w, dw) {
  const product = (a, b) => [h("span", { class: "g" }, a), " · ", h("span", { class: "w" }, b)];
  const v = factor(w);
  return [
    ...product(`dw${to}`, bracket(letters)), ` ${equals(dw[to], v)} `,
    ...product(bracket(digits(dw[to])), bracket(digits(v))), result(dw[to] * v),
  ];
}

function meaning(k, dw) {
  if (k === 7) return "The derivative of w7 by itself is 1: backward begins there.";
  if (k > 2) return "";
  const name = nodes[k].formula;
  return `So if ${name} grows by 0.1, w7 changes by about ${digits(dw[k] / 10)}. Try it.`;
}

// --- Drawing ---

function draw({ state, view }) {
  const moment = momentOf(state);
  const [title, ...rest] = explain(moment);
  view.slider.value = state.step;
  view.link.set(write(...state.values, state.step));
  view.knobs.forEach(({ input, shown }, i) => {
    input.value = state.values[i];
    shown.textContent = digits(state.values[i]);
  });
  view.picture.innerHTML = drawing(moment);
  view.status.textContent = title;
  view.lines.replaceChildren(...rest.map((line) => h("p", {}, ...line)));
}

function drawing(moment) {
  const { w, dw, hasValue, hasGradient } = moment;
  const said = all.map((k) => `w${k} ${hasValue(k) ? digits(w[k]) : "open"}`
    + (hasGradient(k) ? `, dw${k} ${digits(dw[k])}` : ""));
  return `<svg viewBox="0 0 362 426" role="img" aria-label="${said.join("; ")}">`
    + edges.map((edge) => arrow(edge, moment)).join("")
    + all.map((k) => box(k, moment)).join("") + "</svg>";
}

const label = (x, y, text, more) => `<text x="${x}" y="${y}" ${more}>${text}</text>`;

// What is known is drawn with whole lines, the node whose turn it is and its edges with thick ones.
const emphasis = (isCurrent, isKnown) => (isCurrent ? "on" : isKnown ? "" : "later");

// An edge, pointing to where the numbers go now, and the derivative noted on it.
function arrow({ from, to, factor }, { w, backward, current, hasValue, hasGradient }) {
  const { x: x1, y: y1 } = nodes[from];
  const { x: x2, y: y2 } = nodes[to];
  const [top, bottom] = [y1 + 30, y2 - 30];
  const middle = (top + bottom) / 2;
  const turned = hasGradient(to);
  const role = emphasis(current === (backward ? from : to), hasValue(to));
  const tip = turned ? `M${x1 - 5} ${top + 9}l5-9 5 9` : `M${x2 - 5} ${bottom - 9}l5 9 5-9`;
  return `<path class="${turned ? "g" : ""} ${role}" `
    + `d="M${x1} ${top}C${x1} ${middle} ${x2} ${middle} ${x2} ${bottom}${tip}"/>`
    + label((x1 + x2) / 2, middle + 4, hasValue(to) ? digits(factor(w)) : "", 'class="w"');
}

// A node with its formula, its value and its gradient.
function box(k, { w, dw, backward, current, hasValue, hasGradient }) {
  const { formula, x, y } = nodes[k];
  const isCurrent = k === current;
  const colour = isCurrent && backward ? "g" : k > 2 ? "y" : "x";
  return `<g data-node="${k}"><rect class="${colour} ${emphasis(isCurrent, hasValue(k))}" rx="7" `
    + `x="${x - 53}" y="${y - 30}" width="106" height="60"/>`
    + label(x, y - 12, `w${k} = ${formula}`, "")
    + label(x, y + 5, hasValue(k) ? digits(w[k]) : "", 'font-weight="bold"')
    + label(x, y + 22, hasGradient(k) ? `dw${k} = ${digits(dw[k])}` : "", 'class="g"') + "</g>";
}

// --- The elements ---

function graph({ values, limits }) {
  const figure = { limits, state: { values: [...values], step: 0 } };
  figure.view = elements(figure);
  draw(figure);
  return arrange(figure);
}

function elements(figure) {
  const picture = h("div", { onclick: ({ target }) => choose(figure, target) });
  const slider = h("input", {
    type: "range", max: lastStep, "aria-label": "step",
    oninput: () => visit(figure, Number(slider.value)),
  });
  const status = h("p", { role: "status" });
  return {
    picture, slider, status,
    lines: h("div"),
    knobs: ["x", "y"].map((name, i) => knob(figure, name, i)),
    player: player(1500, status, () => begin(figure), () => proceed(figure)),
    link: linkTo("graph", "view", (code) => open(figure, code)),
  };
}

// A slider for x or y, with its number.
function knob(figure, name, i) {
  const { limits, state } = figure;
  const [min, max] = limits[i];
  const shown = h("output");
  const input = h("input", {
    type: "range", min, max, step: 0.1,
    oninput: () => {
      state.values = state.values.with(i, Number(input.value));
      draw(figure);
    },
  });
  return { node: h("label", { class: "cnn-knob" }, name, input, shown), input, shown };
}

function arrange(figure) {
  const { state, view } = figure;
  return [
    h("div", { class: "cnn-bar" }, ...view.knobs.map(({ node }) => node)),
    h("div", { class: "cnn-bar" },
      button("Back", () => visit(figure, state.step - 1)), view.player.node,
      button("Step", () => visit(figure, state.step + 1)), view.slider, view.link.node),
    h("div", { class: "cnn-graph" }, view.picture, h("div", {}, view.status, view.lines)),
  ];
}

// --- Events: each changes the state, then draws ---

function go(figure, step) {
  figure.state.step = step;
  draw(figure);
}

// Where the reader wants; a play ends.
function visit(figure, step) {
  figure.view.player.pause();
  go(figure, clamp(step, 0, lastStep));
}

// The address: x, y and the step.
function open(figure, code) {
  const found = read(code, ...figure.limits.map(realIn), wholeIn([0, lastStep]));
  if (!found) return false;
  figure.state.values = found.slice(0, 2);
  visit(figure, found[2]);
  return true;
}

// A click on a node goes to its turn.
function choose(figure, target) {
  const node = target.closest("[data-node]")?.dataset.node;
  if (node) visit(figure, stepAt(Number(node), figure.state.step));
}

// A play begins again at the end, and ends there.
function begin(figure) {
  if (figure.state.step === lastStep) go(figure, 0);
}

function proceed(figure) {
  const next = figure.state.step + 1;
  if (next < lastStep) go(figure, next);
  else visit(figure, lastStep);
}
