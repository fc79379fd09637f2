// The stamp explorer: dx of a convolution, in two ways. Each cell of dy lays its multiple of the
// kernel on dx, like a stamp: dy[p, q] · w[i, j] falls on the row stride · p + dilation · i,
// counted with the padding, and on the column likewise. Collected, a cell of dx is the sum of what
// falls on it, and meets the weights in reverse order. What falls on the padding is dropped.
//
// The figure is one object: its `state`, and on the page its `view` and the `grids` in it. In the
// state, `at` is the number of the newest stamp, and `asked` the cell of dx that is collected. A
// cell [u, v] is counted with the padding.

const limits = { stride: [1, 3], padding: [0, 2], dilation: [1, 2] };

// --- The mathematics ---

// The size of dx with its padding, for as many windows as dy has cells.
function reach({ dy, w, stride, dilation }) {
  const kernel = shape(w);
  return shape(dy).map((count, axis) =>
    stride * (count - 1) + dilation * (kernel[axis] - 1) + 1);
}

const last = ({ dy }) => dy.flat().length - 1;

// The place [p, q] in dy of the stamp with this number.
function place({ dy }, n) {
  const [, width] = shape(dy);
  return [Math.floor(n / width), n % width];
}

// Where the figure opens: at a stamp that meets earlier ones, and at the middle of dx.
const opening = ({ dy }) => Math.min(shape(dy)[1], last({ dy }));
const middle = (state) => reach(state).map((extent) => Math.floor(extent / 2));

// What stamp n lays on a cell: a number of dy and a weight, w[i, j]; undefined if nothing.
function share({ dy, w, stride, dilation }, n, [u, v]) {
  const [p, q] = place({ dy }, n);
  const [i, j] = [(u - stride * p) / dilation, (v - stride * q) / dilation];
  const weight = w[i]?.[j];
  return weight === undefined ? undefined : { p, q, i, j, dy: dy[p][q], weight };
}

// What the first so many stamps lay on a cell.
const shares = (state, cell, count) =>
  range(count).map((n) => share(state, n, cell)).filter(Boolean);
const collected = (state, cell) => shares(state, cell, last(state) + 1);
const product = ({ dy, weight }) => dy * weight;
const total = (list) => sum(list.map(product));

// Whether a cell is one of the padding, and whether no stamp falls on it.
const isPadding = (state, cell) => cell.some((place, axis) =>
  place < state.padding || place >= reach(state)[axis] - state.padding);
const isIdle = (state, cell) => !collected(state, cell).length;

// --- The elements ---

function stamp(data) {
  const figure = { state: { ...data } };
  figure.view = elements(figure);
  change(figure, {});
  return arrange(figure.view);
}

function elements(figure) {
  const status = h("p", { role: "status" });
  const table = (role, name, more) => h("table", { class: role, "aria-label": name, ...more });
  return {
    status,
    sum: h("p", { role: "status" }),
    steps: steppers(limits, figure.state, (news) => change(figure, news)),
    player: player(500, status, () => begin(figure), () => proceed(figure)),
    dy: table("g", "dy", { role: "grid" }),
    w: table("w", "w"),
    dx: table("g", "dx so far"),
    met: table("g", "dy, collected"),
    rotated: table("w", "w, rotated"),
    whole: table("g", "dx", { role: "grid" }),
    note: h("p"),
    link: linkTo("stamp", "view", (code) => open(figure, code)),
  };
}

const strong = (text) => h("b", {}, text);

function arrange(view) {
  return [
    h("p", {}, strong("How do the gradients dy of the outputs become dx, those of the pixels?")),
    h("p", {}, strong("Stamped:"), " each cell of dy adds its multiple of the kernel w to dx, and"
      + " overlaps add. Point at or tap a cell of dy, or play."),
    h("div", { class: "cnn-row" }, view.dy, "·", view.w, "→", view.dx),
    h("div", { class: "cnn-bar" }, view.player.node, view.status),
    h("p", {}, strong("Collected:"), " the same dx, each cell as a sum over dy, with w rotated by"
      + " 180°. Point at or tap a cell of dx."),
    h("div", { class: "cnn-row" }, view.met, "·", view.rotated, "→", view.whole),
    view.sum,
    h("div", { class: "cnn-bar" }, ...view.steps.nodes, view.link.node),
    view.note,
  ];
}

// Grids of the sizes that the state asks for.
function rebuild(figure) {
  const { state, view } = figure;
  const [, width] = shape(state.dy);
  const still = (size) => grid(...size, Math.max(...size), {});
  figure.grids = {
    dy: pointable(shape(state.dy), 0, (p, q) => visit(figure, p * width + q)),
    w: still(shape(state.w)),
    dx: still(reach(state)),
    met: still(shape(state.dy)),
    rotated: still(shape(state.w)),
    whole: pointable(reach(state), state.padding, (u, v) => ask(figure, [u, v])),
  };
  for (const [name, { body }] of Object.entries(figure.grids)) {
    view[name].replaceChildren(h("caption"), body);
  }
}

// --- Events: each changes the state, then draws ---

// Take over new steps; the padding leaves at least one cell of dx.
function change(figure, news) {
  const { state, view } = figure;
  view.player.pause();
  Object.assign(state, news);
  state.padding = Math.min(state.padding, mostPadding(state));
  view.steps.set(state);
  rebuild(figure);
  Object.assign(state, { at: opening(state), asked: middle(state) });
  draw(figure);
}

const mostPadding = (state) => Math.floor((Math.min(...reach(state)) - 1) / 2);

// The address: stride, padding, dilation, the newest stamp, and the cell that is collected if it is
// not the middle one.
function codeOf(state) {
  const inside = (cell) => [cell.map((place) => place - state.padding)];
  const { stride, padding, dilation, at, asked } = state;
  return write(stride, padding, dilation, at, unlessGiven(inside(asked), inside(middle(state))));
}

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

function go(figure, at) {
  figure.state.at = at;
  draw(figure);
}

// Where the reader goes; that ends the playing.
function visit(figure, at) {
  figure.view.player.pause();
  go(figure, at);
}

function ask(figure, asked) {
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
  const terms = collected(state, state.asked);
  drawStamp(figure);
  drawCollected(figure, terms);
  view.status.textContent = stamped(figure);
  view.sum.replaceChildren(...spell(state, terms));
  view.note.textContent = noteOn(state);
  view.link.set(codeOf(state));
}

// The newest stamp, and the sums so far with what it has added.
function drawStamp({ state, grids: { dy, w, dx }, view }) {
  const [p, q] = place(state, state.at);
  const added = (cell) => share(state, state.at, cell);
  fill(dy, (i, j) => state.dy[i][j], (i, j) => ({ on: i === p && j === q }));
  dy.rove(p, q);
  fill(w, (i, j) => state.w[i][j], () => ({}));
  fillResult(state, dx, (cell) => shares(state, cell, state.at + 1), added);
  dx.cells.forEach((row, u) => row.forEach((cell, v) => {
    const newest = added([u, v]);
    if (newest) cell.prepend(summandOf(newest));
  }));
  view.dy.caption.textContent = "dy";
  view.w.caption.textContent = "w";
  view.dx.caption.textContent = `dx after stamp ${state.at + 1} of ${last(state) + 1}`;
}

// The cell that is collected, and what it is made of: the weights run backward.
function drawCollected({ state, grids: { met, rotated, whole }, view }, terms) {
  const [height, width] = shape(state.w);
  const isMet = (i, j) => terms.some((term) => term.p === i && term.q === j);
  const isUsed = (i, j) => terms.some((term) => term.i === i && term.j === j);
  const turn = (use) => (i, j) => use(height - 1 - i, width - 1 - j);
  fill(met, (i, j) => state.dy[i][j], (i, j) => ({ on: isMet(i, j) }));
  fill(rotated, turn((i, j) => state.w[i][j]), turn((i, j) => ({ on: isUsed(i, j) })));
  fillResult(state, whole, (cell) => collected(state, cell),
    (cell) => String(cell) === String(state.asked));
  whole.rove(...state.asked);
  const size = reach(state).map((extent) => extent - 2 * state.padding);
  view.met.caption.textContent = "dy";
  view.rotated.caption.textContent = "w, rotated";
  view.whole.caption.textContent = `dx ${size.join(" × ")}`;
}

// dx, each cell the sum of its terms.
const fillResult = (state, board, termsOf, isOn) =>
  fill(board, (...cell) => total(termsOf(cell)), (...cell) => ({
    on: isOn(cell), pad: isPadding(state, cell), idle: isIdle(state, cell),
  }));

// What the newest stamp adds to a cell, small, above the sum.
function summandOf(newest) {
  const value = product(newest);
  return h("small", { "aria-hidden": true }, (value < 0 ? "" : "+") + short(value));
}
const nameOf = (state, cell) =>
  `dx[${cell.map((place) => place - state.padding).join(", ")}]`;

// --- Texts ---

function stamped({ state, grids: { dx } }) {
  const [p, q] = place(state, state.at);
  const value = state.dy[p][q];
  const under = dx.cells.flatMap((row, u) => row.map((_, v) => [u, v]))
    .filter((cell) => share(state, state.at, cell));
  const inside = under.filter((cell) => !isPadding(state, cell));
  const lost = under.length - inside.length;
  return `Stamp ${state.at + 1} of ${last(state) + 1}: dy[${p}, ${q}]${outcome(value)}`
    + ` adds ${summand(value)} · w.` + overlap(state, inside)
    + (lost ? ` ${lost} of its ${under.length} numbers fall on the padding.` : "");
}

// The first cell where the newest stamp and earlier ones add.
function overlap(state, cells) {
  const before = (cell) => total(shares(state, cell, state.at));
  const newest = (cell) => product(share(state, state.at, cell));
  const cell = cells.find((one) => before(one) && newest(one));
  if (!cell) return "";
  const [old, added] = [before(cell), newest(cell)];
  return ` An overlap: ${nameOf(state, cell)} = ${summand(old)}`
    + ` + ${summand(added)}${outcome(old + added, old, added)}.`;
}

// The sum of products that the collected cell is.
function spell(state, terms) {
  const factors = terms.flatMap(({ dy, weight }) => [dy, weight]);
  const products = terms.flatMap(({ dy, weight }, n) => [
    n ? " + " : " = ",
    h("span", { class: "g" }, summand(dy)), "·", h("span", { class: "w" }, summand(weight)),
  ]);
  return [nameOf(state, state.asked), ...products, `${outcome(total(terms), ...factors)}.`];
}

function noteOn(state) {
  const [height, width] = reach(state);
  const idle = matrix(height, width, (u, v) => isIdle(state, [u, v])).flat().some(Boolean);
  return (state.padding ? "Dotted: the padding of x; what falls there is dropped. " : "")
    + (idle ? "Hatched: no stamp falls there." : "");
}
