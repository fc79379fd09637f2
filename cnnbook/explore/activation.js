// The activation explorer: an activation function, its slope, and its tangent at a number. The
// numbers are those of cnnlib.functional, forward and backward.
//
// The figure is one object: the `state`, which is the `name` of a function and the number `x`, what
// it was given beside these, and on the page its `view`.

const { exp, max, PI, sqrt } = Math;

// --- The mathematics ---

// The density of a standard normal number, and the probability of one below x:
// ½ + density · (x + x³ / 3 + x⁵ / (3 · 5) + …).
const density = (x) => exp(-x * x / 2) / sqrt(2 * PI);
function below(x) {
  let [total, term] = [0, x];
  for (const n of range(80)) {
    total += term;
    term *= x * x / (2 * n + 3);
  }
  return 0.5 + density(x) * total;
}

const sigmoid = (x) => 1 / (1 + exp(-x));

// The numbers beside a function, from the lowest that is shown to the highest.
const ramp = [-1, 0, 1, 2, 3, 4, 5, 6];
const shares = [-0.2, 0, 0.2, 0.4, 0.6, 0.8, 1, 1.2];
const bothSigns = [-1.5, -1, -0.5, 0, 0.5, 1, 1.5];

// Each function: its value, its slope (0 at the kink of ReLU, by convention), and both in words.
const three = (v) => short(v, 3);
const result = (v) => `${Math.abs(v - v.toFixed(3)) < 1e-9 ? "=" : "≈"} ${three(v)}`;
const signed = (v) => (v < 0 ? `(${three(v)})` : three(v));
const power = (x) => `e<sup>${three(x)}</sup>`;
const side = (x) => (x > 0 ? "x &gt; 0" : "x ≤ 0");
const functionsWith = (leak) => ({
  ReLU: {
    up: ramp,
    value: (x) => max(x, 0),
    slope: (x) => (x > 0 ? 1 : 0),
    spell: (x) => [`max(${three(x)}, 0)`, `for ${side(x)}`],
  },
  "leaky ReLU": {
    up: ramp,
    value: (x) => (x > 0 ? x : leak * x),
    slope: (x) => (x > 0 ? 1 : leak),
    spell: (x) => [x > 0 ? "x" : `${leak} · ${signed(x)}`, `for ${side(x)}`],
  },
  sigmoid: {
    up: shares,
    value: sigmoid,
    slope: (x) => sigmoid(x) * (1 - sigmoid(x)),
    spell: (x, y) => [`1 / (1 + ${power(-x)})`, `${y} · (1 − ${y})`],
  },
  tanh: {
    up: bothSigns,
    value: Math.tanh,
    slope: (x) => 1 - Math.tanh(x) ** 2,
    spell: (x, y) => [
      `(${power(x)} − ${power(-x)}) / (${power(x)} + ${power(-x)})`, `1 − ${y}²`,
    ],
  },
  GELU: {
    up: ramp,
    value: (x) => x * below(x),
    slope: (x) => below(x) + x * density(x),
    spell: (x) => [
      `x · Φ(x) ≈ ${three(x)} · ${three(below(x))}`,
      `Φ(x) + x · φ(x) ≈ ${three(below(x))} + ${signed(x)} · ${three(density(x))}`,
    ],
  },
});

// --- The elements ---

function activation({ name, x, furthest, leak }) {
  const figure = { state: { name, x }, furthest, functions: functionsWith(leak) };
  figure.view = elements(figure);
  draw(figure);
  const { list, slider, shown, picture, status, link } = figure.view;
  return [
    h("p", {}, h("b", {}, "Where is an activation function steep, and where is it flat?"),
      " Choose a function and move x."),
    h("div", { class: "cnn-bar" }, h("label", {}, "function ", list),
      h("div", { class: "input" }, "x", shown, slider), link.node),
    h("div", { class: "both" }, picture, status),
  ];
}

function elements(figure) {
  const list = choice(Object.keys(figure.functions), () => change(figure, { name: list.value }));
  const slider = h("input", {
    type: "range", min: -figure.furthest, max: figure.furthest, step: 0.1, "aria-label": "x",
    oninput: () => change(figure, { x: Number(slider.value) }),
  });
  const picture = h("div", { role: "img" });
  return {
    list, slider, picture, shown: h("output"), status: h("p", { role: "status" }),
    link: linkTo("activation", "view", (code) => open(figure, code)),
  };
}

function change(figure, news) {
  Object.assign(figure.state, news);
  draw(figure);
}

// The address: function and x.
function open(figure, code) {
  const { functions, furthest } = figure;
  const found = read(code, nameIn(Object.keys(functions)), realIn([-furthest, furthest]));
  if (found) change(figure, { name: found[0], x: found[1] });
  return Boolean(found);
}

// --- Drawing ---

// From numbers to units of the picture, which shows those from the first to the last of a list.
const along = [-6, -4, -2, 0, 2, 4, 6];
const [width, height] = [312, 190];
const part = (v, list) => (v - list[0]) / (list.at(-1) - list[0]);
const at = (up, [x, y]) =>
  [part(x, along) * width, (1 - part(y, up)) * height].map((v) => v.toFixed(2));
const line = (up, role, places) =>
  `<path class="${role}" d="M${places.map((place) => at(up, place)).join("L")}"/>`;

function draw(figure) {
  const { state: { name, x }, functions, view } = figure;
  const { value, slope, spell } = functions[name];
  const [y, dy] = [value(x), slope(x)];
  const [first, second] = spell(x, signed(y));
  view.link.set(write(name, x));
  view.list.value = name;
  view.slider.value = x;
  view.shown.textContent = short(x, 1);
  view.picture.ariaLabel = `${name}, its slope, and its tangent at ${three(x)}`;
  view.picture.innerHTML = plot(figure, y, dy);
  const said = (role, word, sum = "") => `<b class="${role}">${word}</b> ${sum}`;
  view.status.innerHTML = [
    said("y", "━ value", `${first} ${result(y)}`),
    said("g", "╍ slope", `${second} ${result(dy)}`), said("", "─ tangent"),
  ].join("<br>");
}

function plot({ state: { name, x }, functions, furthest }, y, dy) {
  const { up, value, slope } = functions[name];
  const right = range(81).map((i) => max(i / 80, 1e-9) * furthest);
  const places = [...right.map((v) => -v).reverse(), ...right]; // both sides of a kink at 0
  const tangent = [-furthest, furthest].map((v) => [v, y + (v - x) * dy]);
  return `<svg viewBox="-34 -10 ${width + 46} ${height + 34}">${numbers(up)}`
    + `<svg width="${width}" height="${height}">`
    + line(up, "axis", [[-furthest, 0], [furthest, 0], [0, 0], [0, up[0]], [0, up.at(-1)]])
    + line(up, "ink", tangent)
    + line(up, "g", places.map((v) => [v, slope(v)]))
    + line(up, "y", places.map((v) => [v, value(v)]))
    + line(up, "drop", [[x, 0], [x, y]])
    + `${dot(up, "g", [x, dy])}${dot(up, "", [x, y])}</svg></svg>`;
}

function dot(up, role, place) {
  const [left, top] = at(up, place);
  return `<circle class="${role}" cx="${left}" cy="${top}" r="5"/>`;
}

// Along the left and the lower edge, and the name of the axis at its end.
function numbers(up) {
  const text = (v, x, y, side) =>
    `<text x="${x}" y="${y}" text-anchor="${side}">${short(v)}</text>`;
  const middle = (v) => Number(at(up, [0, v])[1]) + 4;
  return up.map((v) => text(v, -6, middle(v), "end")).join("")
    + along.map((v) => text(v, at(up, [v, 0])[0], height + 18, "middle")).join("")
    + `<text x="${width + 4}" y="${middle(0)}">x</text>`;
}
