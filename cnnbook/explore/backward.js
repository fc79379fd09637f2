// The backward explorer. Along each axis, output p reads pixel u through weight i if
// u = stride · p + i − padding. Each product x · w that y[p, q] is made of gives its two factors
// their share of the gradient: dy[p, q] times the other one. dx and dw are the sums of the shares.
//
// The figure is one object: what it was `given`, its `state`, and on the page the `view` and the
// `grids` in it. In the state, `target` and `at` say which gradient is asked for: of "x" or of "w",
// and of which pixel or weight; `repeated` is the dy that is given or typed, which repeats
// where the output is larger.

const limits = { stride: [1, 3], padding: [0, 2] };

// --- The mathematics ---

function outputSize({ x, w, stride, padding }) {
  const kernel = shape(w);
  return shape(x).map((extent, axis) =>
    Math.floor((extent + 2 * padding - kernel[axis]) / stride) + 1);
}

// Along one axis: the weight by which output p reads pixel i, or the pixel it reads by weight i.
const partner = ({ target, stride, padding }, p, i) =>
  (target === "w" ? stride * p + i - padding : i + padding - stride * p);

// The shares of the pixel or weight [i, j]: from which output [p, q], and by which factor, which
// lies at [a, b] in the other matrix.
function shares(state, [i, j]) {
  const factors = state.target === "w" ? state.x : state.w;
  const all = state.dy.flatMap((row, p) => row.map((dy, q) => {
    const [a, b] = [partner(state, p, i), partner(state, q, j)];
    return { p, q, a, b, dy, factor: factors[a]?.[b] };
  }));
  return all.filter(({ factor }) => factor !== undefined);
}

const total = (list) => sum(list.map(({ dy, factor }) => dy * factor));

// --- The elements ---

function backward(data) {
  const middle = shape(data.w).map((extent) => Math.floor(extent / 2));
  const figure = { given: data, state: { ...data, repeated: data.dy, target: "w", at: middle } };
  figure.view = elements(figure);
  change(figure, {});
  return arrange(figure.view);
}

function elements(figure) {
  return {
    steps: steppers(limits, figure.state, (news) => change(figure, news)),
    question: h("p"),
    forward: h("div", { class: "cnn-row" }),
    result: h("div", { class: "cnn-row" }),
    status: h("p", { role: "status" }),
    products: h("p", { class: "sum" }),
    how: h("summary"),
    sliding: h("div", { class: "cnn-row" }),
    link: linkTo("backward", "view", (code) => open(figure, code)),
  };
}

function arrange(view) {
  return [
    view.question,
    h("p", {}, "Choose another weight, or a pixel of x for its dx."
      + " Click a number of dy to change it."),
    view.forward, view.status, view.products, h("details", {}, view.how, view.sliding),
    h("div", { class: "cnn-bar" }, ...view.steps.nodes, view.link.node),
  ];
}

// A matrix with its name; one with a `focus` can be pointed at.
function board(role, name, sizes, focus, press) {
  const border = focus ? 0 : Math.max(...sizes);
  const made = pointable(sizes, border, focus, press);
  const caption = h("caption", {}, `${name} ${sizes.join("\u00a0×\u00a0")}`);
  made.table = h("table", { class: role, ...(focus && { role: "grid" }) }, caption, made.body);
  return made;
}

// The forward pass, for the steps of the state, and the gradient of its result.
function layOutForward(figure) {
  const { state, view } = figure;
  const x = board("x", "x", shape(state.x), (i, j) => ask(figure, "x", [i, j]));
  const w = board("w", "w", shape(state.w), (i, j) => ask(figure, "w", [i, j]));
  const dy = board("g", "dy", shape(state.dy), () => {}, (p, q, key) => edit(figure, p, q, key));
  dy.table.caption.append(", gradient of y\u00a0=\u00a0x\u00a0∗\u00a0w");
  view.forward.replaceChildren(x.table, w.table, dy.table, view.result);
  figure.grids = { x, w, dy };
}

// dx or dw, and the sliding product that gives it.
function layOutSliding(figure) {
  const { state, grids, view } = figure;
  const ofWeights = state.target === "w";
  const [left, right] = ofWeights ? factorsOfDW(state) : factorsOfDX(state);
  const result = board("g", `d${state.target}`, shape(state[state.target]));
  Object.assign(grids, { left, right, result });
  view.result.replaceChildren("→", result.table);
  view.sliding.replaceChildren(left.table, "∗", right.table);
  view.how.textContent = (ofWeights ? "All of dw at once: dy slides over x, not rotated."
    : "All of dx at once: w, rotated by 180°, slides over dy.")
    + (state.stride > 1 ? " Hatched: zeros put in for the stride." : "");
}

function factorsOfDW({ x, dy, stride, padding }) {
  const around = shape(x).map((extent) => extent + 2 * padding);
  const spread = shape(dy).map((count) => stride * (count - 1) + 1);
  return [board("x", padding ? "x, padded" : "x", around),
    board("g", stride > 1 ? "dy with zeros" : "dy", spread)];
}

function factorsOfDX({ x, w }) {
  const kernel = shape(w);
  const around = shape(x).map((extent, axis) => extent + kernel[axis] - 1);
  return [board("g", "dy with zeros", around), board("w", "w, rotated", kernel)];
}

// --- Events: each changes the state, then draws ---

// Take over new steps; a dy that is too small repeats.
function change(figure, news) {
  const { state } = figure;
  Object.assign(state, news);
  const { repeated } = state;
  const [height, width] = shape(repeated);
  state.dy = matrix(...outputSize(state), (p, q) => repeated[p % height][q % width]);
  layOutForward(figure);
  layOutSliding(figure);
  draw(figure);
}

// Ask for the gradient of a pixel of "x" or a weight of "w".
function ask(figure, target, at) {
  Object.assign(figure.state, { target, at });
  layOutSliding(figure);
  draw(figure);
}

// The address: stride, padding, x or w and the cell of it, and dy if it is another than was given.
const codeOf = ({ given, state: { stride, padding, target, at, repeated } }) =>
  write(stride, padding, target, [at], unlessGiven(repeated, given.dy));

function open(figure, code) {
  const { given, state, view } = figure;
  const found = read(code, ...Object.values(limits).map(wholeIn), nameIn(["x", "w"]),
    rowsOf([1, 2]), optional(rowsOf(), given.dy));
  if (!found) return false;
  const [stride, padding, target, [at], repeated] = found;
  if (!isPlace(at, shape(state[target]))) return false;
  view.steps.set({ stride, padding });
  change(figure, { stride, padding, target, at, repeated });
  return true;
}

// A click, Enter or space switches a cell of dy, a digit sets it, minus changes its sign.
function edit(figure, p, q, key) {
  const { state } = figure;
  const value = retyped(state.dy[p][q], 1, key);
  if (value === undefined) return false;
  state.dy[p][q] = value;
  state.repeated = state.dy;
  draw(figure);
  return true;
}

// --- Drawing ---

function draw(figure) {
  const { state, grids, view } = figure;
  const list = shares(state, state.at);
  const here = (i, j) => ({ on: i === state.at[0] && j === state.at[1] });
  const met = (i, j) => ({ on: list.some(({ a, b }) => a === i && b === j) });
  const sent = (p, q) => ({ on: list.some((share) => share.p === p && share.q === q) });
  const ofWeights = state.target === "w";
  fill(grids.x, (i, j) => state.x[i][j], ofWeights ? met : here);
  fill(grids.w, (i, j) => state.w[i][j], ofWeights ? here : met);
  fill(grids.dy, (p, q) => state.dy[p][q], sent);
  if (ofWeights) drawOverX(figure, met, sent);
  else drawOverDY(figure, met);
  fill(grids.result, (i, j) => total(shares(state, [i, j])), here);
  drawQuestion(figure);
  drawSum(figure, list);
  view.link.set(codeOf(figure));
}

// dw: dy, spread, over the padded x.
function drawOverX({ state, grids: { left, right } }, met, sent) {
  const { x, stride, padding } = state;
  const pixel = (i, j) => x[i - padding]?.[j - padding];
  fill(left, (i, j) => pixel(i, j) ?? 0, (i, j) => ({
    ...met(i - padding, j - padding), pad: pixel(i, j) === undefined,
  }));
  drawSpread(state, right, [0, 0], (i, j) => sent(i / stride, j / stride).on, () => true);
}

// dx: the rotated kernel over dy, spread and padded.
function drawOverDY({ state, grids: { left, right } }, met) {
  const { x, w, at, padding } = state;
  const kernel = shape(w);
  const rotated = (i, j) => [kernel[0] - 1 - i, kernel[1] - 1 - j];
  const value = (i, j) => {
    const [a, b] = rotated(i, j);
    return w[a][b];
  };
  fill(right, value, (i, j) => met(...rotated(i, j)));
  const start = rotated(padding, padding);
  const under = (i, axis) => i >= at[axis] && i < at[axis] + kernel[axis];
  const within = (i, axis) => i >= start[axis] && i < shape(x)[axis] + padding;
  drawSpread(state, left, start, (i, j) => under(i, 0) && under(j, 1),
    (i, j) => within(i, 0) && within(j, 1));
}

// dy with zeros between its cells, which are hatched, and around them. Its first cell lies at
// `start`; on(i, j) says which cells are lit, between(i, j) where a zero is one of the stride.
function drawSpread({ dy, stride }, board, start, on, between) {
  const value = (i, j) => dy[(i - start[0]) / stride]?.[(j - start[1]) / stride];
  fill(board, (i, j) => value(i, j) ?? 0, (i, j) => {
    const zero = value(i, j) === undefined;
    return { on: on(i, j), idle: zero && between(i, j), pad: zero && !between(i, j) };
  });
}

// What is asked, and the rule that answers it.
function drawQuestion({ state, view }) {
  const { target, at: [i, j] } = state;
  const [kind, other] = target === "w" ? ["the weight", "x"] : ["the pixel", "w"];
  const cell = `${target}[${i}, ${j}] = ${short(state[target][i][j])}`;
  view.question.replaceChildren(h("b", {}, `How does the loss change with ${kind} ${cell}?`),
    ` It meets the framed cells of ${other}, one for each framed cell of dy: `
      + `d${target} is the sum of dy · ${other}.`);
}

// The sum with letters, then its products.
function drawSum({ state, view }, list) {
  const { target, at } = state;
  const role = target === "w" ? "x" : "w";
  const result = outcome(total(list), ...list.flatMap(({ dy, factor }) => [dy, factor]));
  view.status.textContent = `d${target}[${at.join(", ")}] = Σ dy[p, q] · `
    + `${role}[${partnerText(state, "p", 0)}, ${partnerText(state, "q", 1)}]${result}`;
  view.products.replaceChildren(...list.flatMap(({ dy, factor }, n) => [
    n ? " + " : "",
    h("span", { class: "g" }, summand(dy)), "·", h("span", { class: role }, summand(factor)),
  ]), list.length ? result : "");
}

// What `partner` computes, with the letter of the output and the numbers of this axis.
function partnerText({ target, at, stride, padding }, letter, axis) {
  const step = `${stride > 1 ? stride : ""}${letter}`;
  return target === "w"
    ? `${short(at[axis] - padding)} + ${step}` : `${short(at[axis] + padding)} − ${step}`;
}
