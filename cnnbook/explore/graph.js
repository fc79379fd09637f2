// The graph explorer: w7 = cos x · sin x + x / y, its values forward and its gradients backward, as
// cnnlib.autograd computes them: dw of a node is the sum, over the nodes that are made from it, of
// their dw times the derivative on the edge.
//
// The figure is one object: its `state`, which is x, y and the node whose dw is spelled out, and on
// the page its `view`.

// Each node: its formula, where its middle stands, and how its value is made.
const nodes = {
  1: { formula: "x", x: 120, y: 31 },
  2: { formula: "y", x: 312, y: 31 },
  3: { formula: "cos w1", x: 54, y: 159, value: (w) => Math.cos(w[1]) },
  4: { formula: "sin w1", x: 186, y: 159, value: (w) => Math.sin(w[1]) },
  5: { formula: "w3 · w4", x: 120, y: 287, value: (w) => w[3] * w[4] },
  6: { formula: "w1 / w2", x: 312, y: 159, value: (w) => w[1] / w[2] },
  7: { formula: "w5 + w6", x: 216, y: 415, value: (w) => w[5] + w[6] },
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
const outOf = (k) => edges.filter(({ from }) => from === k);
const all = range(7).map((i) => i + 1);

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

// --- Numbers and formulas ---

// At most four decimals; a sign that says whether some were left out; brackets where needed.
const digits = (v) => short(v, 4);
const isRounded = (v) => Math.abs(Number(v.toFixed(4)) - v) > 1e-9;
const equals = (...values) => (values.some(isRounded) ? "≈" : "=");
const result = (v) => ` ${equals(v)} ${digits(v)}`;
const bracket = (text) => (text.startsWith("−") || text.includes("/") ? `(${text})` : text);

// The chain rule for one node: what comes over each arrow, and the sum.
function explain(k, { w, dw }) {
  const products = outOf(k).map(({ to, factor }) => dw[to] * factor(w));
  const added = products.map((v) => bracket(digits(v))).join(" + ");
  const title = products.length > 1 ? ` ${equals(...products)} ${added}` : "";
  return [
    [h("b", { class: "g" }, `dw${k}`), title + result(dw[k])],
    ...outOf(k).map((edge) => share(edge, w, dw)),
    [meaning(k, dw)],
  ];
}

// What comes over one arrow, in letters and in numbers.
function share({ to, letters, factor }, w, dw) {
  const product = (a, b) => [h("span", { class: "g" }, a), " · ", h("span", { class: "w" }, b)];
  const v = factor(w);
  return [
    `from w${to}: `, ...product(`dw${to}`, bracket(letters)), ` ${equals(dw[to], v)} `,
    ...product(bracket(digits(dw[to])), bracket(digits(v))), result(dw[to] * v),
  ];
}

function meaning(k, dw) {
  if (k === 7) return "The derivative of w7 by itself is 1: backward begins here.";
  const { formula } = nodes[k];
  const change = short(dw[k] / 100, 3);
  return k > 2 ? "" : `So if ${formula} grows by 0.01, w7 changes by about ${change}.`;
}

// --- Drawing ---

function draw({ state, view }) {
  const numbers = run(state.values);
  const [title, ...rest] = explain(state.node, numbers);
  view.link.set(write(...state.values, state.node));
  view.knobs.forEach(({ input, shown }, i) => {
    input.value = state.values[i];
    shown.textContent = digits(state.values[i]);
  });
  view.picture.innerHTML = drawing(state.node, numbers);
  view.status.replaceChildren(...title);
  view.lines.replaceChildren(...rest.map((line) => h("p", {}, ...line)));
}

const drawing = (current, numbers) =>
  '<svg viewBox="0 0 366 447" role="radiogroup" aria-label="node whose derivative is spelled out">'
  + edges.map((edge) => arrow(edge, current)).join("")
  + edges.map((edge) => written(edge, numbers)).join("")
  + all.map((k) => box(k, current, numbers)).join("") + "</svg>";

const label = (x, y, text, more) => `<text x="${x}" y="${y}" ${more}>${text}</text>`;

// The ends of an edge: within its head, below the node that is used, and on the node made from it.
const ends = ({ from, to }) => [nodes[from].x, nodes[from].y + 39, nodes[to].x, nodes[to].y - 30];

// An edge, pointing to where the gradient goes. Those that make the gradient of the current node
// are thick.
function arrow(edge, current) {
  const [x1, top, x2, bottom] = ends(edge);
  const middle = (top + bottom) / 2;
  return `<path class="g ${edge.from === current ? "on" : ""}" d="M${x1} ${top}`
    + `C${x1} ${middle} ${x2} ${middle} ${x2} ${bottom}"/>`
    + `<path class="g head" d="M${x1} ${top - 9}l-6 13h12z"/>`;
}

// The factor on an edge, where edges lie apart.
function written(edge, { w }) {
  const [x1, top, x2, bottom] = ends(edge);
  const t = edge.from === 1 ? 0.6 : 0.4;
  const [across, down] = [t * t * (3 - 2 * t), t * (1.5 - 1.5 * t + t * t)];
  return label(x1 + across * (x2 - x1), top + down * (bottom - top) + 4,
    `× ${digits(edge.factor(w))}`, 'class="w"');
}

// A node with its formula, its value and its gradient.
function box(k, current, { w, dw }) {
  const { formula, x, y } = nodes[k];
  const isCurrent = k === current;
  const [value, gradient] = [digits(w[k]), `dw${k} = ${digits(dw[k])}`];
  return `<g data-node="${k}" role="radio" aria-checked="${isCurrent}" `
    + `tabindex="${isCurrent ? 0 : -1}" aria-label="w${k} = ${formula}, ${value}, ${gradient}">`
    + `<rect class="${isCurrent ? "g on" : ""}" rx="7" `
    + `x="${x - 53}" y="${y - 30}" width="106" height="60"/>`
    + label(x, y - 12, `w${k} = ${formula}`, "") + label(x, y + 5, value, 'font-weight="bold"')
    + label(x, y + 22, gradient, 'class="g"') + "</g>";
}

// --- The elements ---

function graph({ values, limits }) {
  const figure = { limits, state: { values: [...values], node: 1 } };
  figure.view = elements(figure);
  draw(figure);
  return arrange(figure.view);
}

function elements(figure) {
  const point = ({ target }) => choose(figure, target.closest("[data-node]")?.dataset.node);
  return {
    picture: h("div", {
      onpointerover: point, onclick: point, onkeydown: (event) => turn(figure, event),
    }),
    status: h("p", { role: "status" }),
    lines: h("div"),
    knobs: ["x", "y"].map((name, i) => knob(figure, name, i)),
    link: linkTo("graph", "view", (code) => open(figure, code)),
  };
}

// A slider for x or y, with its number.
function knob(figure, name, i) {
  const [min, max] = figure.limits[i];
  const shown = h("output");
  const input = h("input", {
    type: "range", min, max, step: 0.1,
    oninput: () => {
      figure.state.values = figure.state.values.with(i, Number(input.value));
      draw(figure);
    },
  });
  return { node: h("label", { class: "cnn-knob" }, name, input, shown), input, shown };
}

function arrange({ picture, status, lines, knobs, link }) {
  return [
    h("p", {}, h("b", {}, "How much does w7 change when x or y changes a little?"),
      " The derivative dw1 answers this for x, dw2 for y. Backward from ",
      h("span", { class: "g" }, "dw7 = 1"),
      ", each arrow multiplies dw by its ", h("span", { class: "w" }, "factor"),
      "; where arrows meet, the products add."),
    h("p", {}, "Point at or tap a node to see its sum, or move x and y."),
    h("div", { class: "cnn-bar" }, ...knobs.map(({ node }) => node)),
    h("div", { class: "cnn-graph" }, picture, h("div", {}, status, lines, h("p", {}, link.node))),
  ];
}

// --- Events: each changes the state, then draws ---

// The node that is pointed at.
function choose(figure, node) {
  if (!node || Number(node) === figure.state.node) return;
  figure.state.node = Number(node);
  draw(figure);
}

// The arrow keys lead to the next node or to the one before, which gets the focus.
function turn(figure, event) {
  const step = moves[event.key];
  if (!step) return;
  event.preventDefault();
  choose(figure, clamp(figure.state.node + step[0] + step[1], 1, 7));
  figure.view.picture.querySelector('[aria-checked="true"]').focus();
}

// The address: x, y and the node.
function open(figure, code) {
  const found = read(code, ...figure.limits.map(realIn), wholeIn([1, 7]));
  if (!found) return false;
  figure.state = { values: found.slice(0, 2), node: found[2] };
  draw(figure);
  return true;
}
