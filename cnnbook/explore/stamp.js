// The stamp explorer: dX of a convolution. Each cell of dY lays its multiple of the kernel on dX:
// dY[p, q] · w[i, j] falls on the row stride · p + dilation · i, counted with the padding, and on
// the column likewise. dX is the sum of what falls on it; what falls on the padding is dropped.
//
// The figure is one object: what it was `given`, its `state`, and on the page its `view` and the
// `grids` in it. In the state, `at` is the number of the newest stamp, and `asked` the cell of dX
// whose sum is shown, if any. A cell [u, v] is counted with the padding.

const limits = { stride: [1, 3], padding: [0, 2], dilation: [1, 2] };

// --- The mathematics ---

// The size of dX with its padding, for as many windows as dY has cells.
function reach({ dy, w, stride, dilation }) {
  const kernel = shape(w);
  return shape(dy).map((count, axis) =>
    stride * (count - 1) + dilation * (kernel[axis] - 1) + 1);
}

const last = ({ dy }) => dy.flat().length - 1;

// The place [p, q] in dY of the stamp with this number.
function place({ dy }, n) {
  const [, width] = shape(dy);
  return [Math.floor(n / width), n % width];
}

// What stamp n lays on a cell: a number of dY and a weight, w[i, j]; undefined if nothing.
function share({ dy, w, stride, dilation }, n, [u, v]) {
  const [p, q] = place({ dy }, n);
  const [i, j] = [(u - stride * p) / dilation, (v - stride * q) / dilation];
  const weight = w[i]?.[j];
  return weight === undefined ? undefined : { p, q, i, j, dy: dy[p][q], weight };
}

// What the first so many stamps lay on a cell.
const shares = (state, cell, count) =>
  range(count).map((n) => share(state, n, cell)).filter(Boolean);
const laid = (state, cell) => shares(state, cell, state.at + 1);
const product = ({ dy, weight }) => dy * weight;
const total = (list) => sum(list.map(product));

// Whether a cell is one of the padding, and whether no stamp falls on it.
const isPadding = (state, cell) => cell.some((place, axis) =>
  place < state.padding || place >= reach(state)[axis] - state.padding);
const isIdle = (state, cell) => !shares(state, cell, last(state) + 1).length;

// --- The elements ---

function stamp(data) {
  const figure = { given: data, state: { ...data, at: 0 } };
  figure.view = elements(figure);
  change(figure, {});
  return arrange(figure);
}

function elements(figure) {
  const status = h("p", { role: "status" });
  const slider = h("input", {
    type: "range", min: 0, max: last(figure.state), "aria-label": "stamp",
    oninput: () => visit(figure, Number(slider.value)),
  });
  return {
    slider, status,
    steps: steppers(limits, figure.state, (news) => change(figure, news)),
    player: player(500, status, () => begin(figure), () => proceed(figure)),
    dy: h("table", { class: "g", role: "grid", "aria-label": "dY" }),
    w: h("table", { class: "w", "aria-label": "w" }),
    dx: h("table", { class: "g", role: "grid", "aria-label": "dX" }),
    note: h("p"),
    link: linkTo("stamp", "view", (code) => open(figure, code)),
  };
}

function arrange(figure) {
  const { state, view } = figure;
  return [
    h("p", {}, "Step or play: each cell of dY lays its multiple of w on dX, and overlaps add."
      + " Point at or tap a cell of dX to see what it is made of."),
    h("div", { class: "cnn-bar" }, ...view.steps.nodes),
    h("div", { class: "cnn-row" }, view.dy, "·", view.w, "→", view.dx),
    h("div", { class: "cnn-bar" }, view.player.node,
      button("Step", () => visit(figure, state.at + 1)),
      button("Reset", () => reset(figure)), view.slider, view.link.node),
    view.status, view.note,
  ];
}

// Grids of the sizes that the state asks for.
function rebuild(figure) {
  const { state, view } = figure;
  const [, width] = shape(state.dy);
  const kernel = shape(state.w);
  figure.grids = {
    dy: pointable(shape(state.dy), 0, (p, q) => visit(figure, p * width + q)),
    w: grid(...kernel, Math.max(...kernel), {}),
    dx: pointable(reach(state), state.padding, (u, v) => ask(figure, [u, v])),
  };
  for (const [name, { body }] of Object.entries(figure.grids)) {
    view[name].replaceChildren(h("caption"), body);
  }
}

// --- Events: each changes the state, then draws ---

// Take over new steps; the padding leaves at least one cell of dX. The first stamp comes again.
function change(figure, news) {
  const { state, view } = figure;
  view.player.pause();
  Object.assign(state, news);
  state.padding = Math.min(state.padding, mostPadding(state));
  view.steps.set(state);
  rebuild(figure);
  go(figure, 0);
}

const mostPadding = (state) => Math.floor((Math.min(...reach(state)) - 1) / 2);

// The address: stride, padding, dilation, the newest stamp, and the cell that is asked for, if any.
const codeOf = ({ stride, padding, dilation, at, asked }) =>
  write(stride, padding, dilation, at, asked ? [asked.map((place) => place - padding)] : "");

function open(figure, code) {
  const { state } = figure;
  const found = read(code, ...Object.values(limits).map(wholeIn), wholeIn([0, last(state)]),
    optional(rowsOf([1, 2]), []));
  if (!found) return false;
  const [stride, padding, dilation, at, [asked]] = found;
  const news = { ...state, stride, padding, dilation };
  const size = reach(news).map((extent) => extent - 2 * padding);
  if (padding > mostPadding(news) || (asked && !isPlace(asked, size))) return false;
  change(figure, news);
  go(figure, at);
  if (asked) ask(figure, asked.map((place) => place + padding));
  return true;
}

const reset = (figure) => change(figure, figure.given);

function go(figure, at) {
  Object.assign(figure.state, { at, asked: undefined });
  draw(figure);
}

// Where the reader goes; that ends the playing.
function visit(figure, at) {
  figure.view.player.pause();
  go(figure, clamp(at, 0, last(figure.state)));
}

function ask(figure, asked) {
  figure.view.player.pause();
  figure.state.asked = asked;
  draw(figure);
}

// Play: from the start again if all stamps lie there, and no further than the last.
function begin(figure) {
  const { state } = figure;
  go(figure, state.at === last(state) ? 0 : state.at);
}

function proceed(figure) {
  const { state } = figure;
  if (state.at < last(state) - 1) go(figure, state.at + 1);
  else visit(figure, last(state));
}

// --- Drawing ---

function draw(figure) {
  const { state, view } = figure;
  view.slider.value = state.at;
  const terms = state.asked ? laid(state, state.asked) : [];
  drawFactors(figure, terms);
  drawResult(figure);
  view.status.replaceChildren(...(state.asked ? collected(state, terms) : stamped(figure)));
  view.note.textContent = noteOn(state);
  view.link.set(codeOf(state));
}

// dY and the kernel: the newest stamp, or the factors of the cell that is asked for. These weights
// stand beside their partners in dY.
function drawFactors({ state, grids: { dy, w }, view }, terms) {
  const [p, q] = place(state, state.at);
  const newest = (i, j) => !state.asked && i === p && j === q;
  const sent = (i, j) => terms.find((term) => term.p === i && term.q === j);
  fill(dy, (i, j) => state.dy[i][j], (i, j) => ({ on: newest(i, j) || sent(i, j) }));
  dy.rove(p, q);
  for (const term of terms) beside(dy.cells[term.p][term.q], `·${summand(term.weight)}`, "w");
  fill(w, (i, j) => state.w[i][j], (i, j) => ({
    on: terms.some((term) => term.i === i && term.j === j),
  }));
  view.dy.caption.textContent = "dY";
  view.w.caption.textContent = state.asked ? "w" : `${summand(state.dy[p][q])} · w`;
}

// dX: the sums so far, and what the newest stamp has added, or the cell that is asked for.
function drawResult({ state, grids: { dx }, view }) {
  const added = (cell) => !state.asked && share(state, state.at, cell);
  fill(dx, (...cell) => total(laid(state, cell)), (...cell) => ({
    on: added(cell) || String(cell) === String(state.asked),
    pad: isPadding(state, cell),
    idle: isIdle(state, cell),
  }));
  dx.cells.forEach((row, u) => row.forEach((cell, v) => {
    const newest = added([u, v]);
    if (newest) beside(cell, signed(product(newest)), "g");
  }));
  const size = reach(state).map((extent) => extent - 2 * state.padding);
  view.dx.caption.textContent = `dX ${size.join(" × ")}`;
}

// A second, small number in a cell; the status says it as well.
const beside = (cell, text, role) =>
  cell.append(h("small", { class: role, "aria-hidden": true }, text));
const signed = (value) => (value < 0 ? short(value) : `+${short(value)}`);

// --- Texts ---

function stamped({ state, grids: { dx } }) {
  const [p, q] = place(state, state.at);
  const value = state.dy[p][q];
  const under = dx.cells.flatMap((row, u) => row.map((_, v) => [u, v]))
    .filter((cell) => share(state, state.at, cell));
  const lost = under.filter((cell) => isPadding(state, cell)).length;
  return [
    `Stamp ${state.at + 1} of ${last(state) + 1}: dY[${p}, ${q}]${outcome(value)}`
      + ` lays ${summand(value)} · w on dX.`
      + (lost ? ` ${lost} of its ${under.length} numbers fall on the padding.` : ""),
  ];
}

// The sum of products that a cell is; with those of the stamps so far.
function collected(state, terms) {
  const cell = state.asked.map((place) => place - state.padding);
  const factors = terms.flatMap(({ dy, weight }) => [dy, weight]);
  const products = terms.flatMap(({ dy, weight }, n) => [
    n ? " + " : " = ",
    h("span", { class: "g" }, summand(dy)), "·", h("span", { class: "w" }, summand(weight)),
  ]);
  const count = last(state) + 1;
  const so = state.at + 1 < count ? `, after ${state.at + 1} of ${count} stamps.` : ".";
  return [`dX[${cell.join(", ")}]`, ...products, outcome(total(terms), ...factors) + so];
}

function noteOn(state) {
  const [height, width] = reach(state);
  const idle = matrix(height, width, (u, v) => isIdle(state, [u, v])).flat().some(Boolean);
  return (state.padding ? "Dotted: the padding of X; what falls there is dropped. " : "")
    + (idle ? "Hatched: no stamp falls there." : "");
}
