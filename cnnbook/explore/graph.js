// The graph explorer: w7 = cos x · sin x + x / y as a program runs it, node by node, and then
// backward as cnnlib.autograd does: dw of a node is the sum, over the nodes that are made from it,
// of their dw times the derivative noted on the edge.

// Each node: its formula, where it stands, how it is made, and its edges: the node it uses, the
// derivative by that one, and the same as a number.
const nodes = {
  1: ["x", 116, 33],
  2: ["y", 306, 33],
  3: ["cos w1", 56, 153, (w) => Math.cos(w[1]), [1, "−sin w1", (w) => -Math.sin(w[1])]],
  4: ["sin w1", 176, 153, (w) => Math.sin(w[1]), [1, "cos w1", (w) => Math.cos(w[1])]],
  5: ["w3 · w4", 116, 273, (w) => w[3] * w[4], [3, "w4", (w) => w[4]], [4, "w3", (w) => w[3]]],
  6: ["w1 / w2", 306, 153, (w) => w[1] / w[2],
    [1, "1 / w2", (w) => 1 / w[2]], [2, "−w1 / w2²", (w) => -w[6] / w[2]]],
  7: ["w5 + w6", 211, 393, (w) => w[5] + w[6], [5, "1", () => 1], [6, "1", () => 1]],
};
const all = Object.keys(nodes).map(Number), ahead = 5, last = 12;
const edges = all.flatMap((to) => nodes[to].slice(4).map(([from, letters, factor]) =>
  ({ from, to, letters, factor })));

// At most four decimals; a sign that says whether some were left out; brackets where needed.
const digits = (v) => String(+v.toFixed(4)).replace("-", "−");
const rounded = (v) => Math.abs(+v.toFixed(4) - v) > 1e-9;
const equals = (...values) => (values.some(rounded) ? "≈" : "=");
const bracket = (text) =>
  (text.startsWith("−") || text.includes("/") ? `(${text})` : text);
const result = (v) => ` ${equals(v)} ${digits(v)}`;

// All values, then all gradients.
function run(x, y) {
  const w = { 1: x, 2: y }, dw = { 7: 1 };
  for (const k of all.slice(2)) w[k] = nodes[k][3](w);
  for (const k of [...all].reverse().slice(1)) {
    dw[k] = edges.filter(({ from }) => from === k)
      .reduce((total, edge) => total + dw[edge.to] * edge.factor(w), 0);
  }
  return { w, dw };
}

function graph({ values, limits }) {
  let step = 0, w, dw;
  const picture = h("div", { onclick: ({ target }) => {
    const k = +target.closest("[data-node]")?.dataset.node;
    if (k) visit(step > ahead ? last + 1 - k : k - 2);
  } });
  const status = h("p", { role: "status" }), lines = h("div", {});
  const sliders = values.map((value, i) => {
    const [min, max] = limits[i], shown = h("output", {}, digits(value));
    const input = h("input", { type: "range", min, max, step: 0.1, value, oninput: () => {
      values[i] = +input.value;
      shown.textContent = digits(values[i]);
      go(step);
    } });
    return h("label", { class: "cnn-knob" }, "xy"[i], input, shown);
  });
  const slider = h("input", {
    type: "range", max: last, "aria-label": "step", oninput: () => visit(+slider.value),
  });
  const { node: play, pause } = player(1500, status, () => step === last && go(0),
    () => (step < last - 1 ? go(step + 1) : visit(last)));
  const visit = (to) => (pause(), go(clamp(to, 0, last)));

  // How far the walk has come, forward and backward, and the node it is at.
  const known = (k) => k <= step + 2;
  const asked = (k) => k > last - step;
  const backward = () => step > ahead;
  const current = () => (backward() ? last + 1 - step : step && step + 2);

  function go(to) {
    step = slider.value = to;
    ({ w, dw } = run(...values));
    const said = all.map((k) => `w${k} ${known(k) ? digits(w[k]) : "open"}`
      + (asked(k) ? `, dw${k} ${digits(dw[k])}` : ""));
    picture.innerHTML = '<svg viewBox="0 0 362 426" role="img" aria-label="'
      + `${said.join("; ")}">${edges.map(arrow).join("")}${all.map(box).join("")}</svg>`;
    const k = current(), [title, ...rest] = !k ? start : backward() ? back(k) : forth(k);
    status.textContent = title;
    lines.replaceChildren(...rest.map((line) => h("p", {}, ...line)));
  }

  // An edge, pointing to where the numbers go now, and the derivative noted on it.
  function arrow({ from, to, factor }) {
    const [, x1, top] = nodes[from], [, x2, bottom] = nodes[to];
    const y1 = top + 30, y2 = bottom - 30, middle = (y1 + y2) / 2, turned = asked(to);
    const role = current() === (backward() ? from : to) ? "on" : known(to) ? "" : "later";
    const tip = turned ? `M${x1 - 5} ${y1 + 9}l5-9 5 9` : `M${x2 - 5} ${y2 - 9}l5 9 5-9`;
    return `<path class="${turned ? "g" : ""} ${role}" `
      + `d="M${x1} ${y1}C${x1} ${middle} ${x2} ${middle} ${x2} ${y2}${tip}"/>`
      + label((x1 + x2) / 2, middle + 4, known(to) ? digits(factor(w)) : "", 'class="w"');
  }

  // A node with its formula, its value and its gradient.
  function box(k) {
    const [formula, x, y] = nodes[k], here = k === current();
    const role = `${here && backward() ? "g" : k > 2 ? "y" : "x"} `
      + (here ? "on" : known(k) ? "" : "later");
    return `<g data-node="${k}"><rect class="${role}" rx="7" `
      + `x="${x - 53}" y="${y - 30}" width="106" height="60"/>`
      + label(x, y - 12, `w${k} = ${formula}`, "")
      + label(x, y + 5, known(k) ? digits(w[k]) : "", 'font-weight="bold"')
      + label(x, y + 22, asked(k) ? `dw${k} = ${digits(dw[k])}` : "", 'class="g"') + "</g>";
  }

  const label = (x, y, text, more) => `<text x="${x}" y="${y}" ${more}>${text}</text>`;

  const start = ["Two numbers are given, w1 = x and w2 = y.",
    ["Step: a node is computed from those that lead to it, and notes on each edge by what factor"
      + " a small change there comes through."]];

  // The same with numbers, unless that says nothing new.
  function spell(letters, v) {
    const used = [];
    const numbers = letters.replace(/w(\d)/g, (_, k) => (used.push(w[k]), bracket(digits(w[k]))));
    const same = [letters, bracket(digits(v))].includes(numbers);
    return letters + (same ? "" : ` ${equals(...used)} ${numbers}`)
      + (letters === digits(v) ? "" : result(v));
  }

  // A value, and what is noted on the edges.
  const forth = (k) => [`Forward: w${k} = ${spell(nodes[k][0], w[k])}`,
    ...edges.filter(({ to }) => to === k).map(({ from, letters, factor }) =>
      [`∂w${k}/∂w${from} = `, h("span", { class: "w" }, spell(letters, factor(w)))])];

  // The chain rule for one node.
  function back(k) {
    const shares = edges.filter(({ from }) => from === k), name = "xy"[k - 1];
    const meaning = name
      ? `So if ${name} grows by 0.1, w7 changes by about ${digits(dw[k] / 10)}. Try it.`
      : k === 7 ? "By itself w7 changes as itself: backward begins with 1." : "";
    return [`Backward: dw${k}${result(dw[k])}`, ...shares.map(share), [meaning]];
  }

  // What comes over one edge, in letters and in numbers.
  function share({ to, letters, factor }, i) {
    const product = (a, b) => [h("span", { class: "g" }, a), " · ", h("span", { class: "w" }, b)];
    const v = factor(w);
    return [i ? "+ " : "", ...product(`dw${to}`, bracket(letters)), ` ${equals(dw[to], v)} `,
      ...product(bracket(digits(dw[to])), bracket(digits(v))), result(dw[to] * v)];
  }

  go(0);
  return [
    h("div", { class: "cnn-bar" }, ...sliders),
    h("div", { class: "cnn-bar" }, button("Back", () => visit(step - 1)), play,
      button("Step", () => visit(step + 1)), slider),
    h("div", { class: "cnn-graph" }, picture, h("div", {}, status, lines)),
  ];
}
