// The cell explorer: a bar of light to turn and to move over the field of a simple cell, the sum of
// light times weight, and the response to bars at all angles. The numbers are those of the first
// chapter, and of cnnlib: relu(conv2d(light, weights)).
//
// The figure is one object: the `weights` and what else it was `given`, the `extremes` of what bars
// give, its `state`, which is the angle of the bar in degrees and its distance from the middle, and
// on the page its `view`.
// A place (x, y) is measured in pixels from the middle of the field, y downwards.

const { abs, atan2, cos, floor, hypot, max, min, PI, round, sin, sqrt } = Math;
const half = ({ weights }) => (weights.length - 1) / 2;

// --- The mathematics ---

// The direction in which the bar moves; it lies at a right angle to that.
const across = ({ angle }) => [sin(angle * PI / 180), cos(angle * PI / 180)];
const along = (state) => [across(state)[1], -across(state)[0]];
const dot = ([x, y], [u, v]) => x * u + y * v;

const lightAt = (state, place) => clamp(2 - abs(dot(place, across(state)) - state.shift), 0, 1);

// Every pixel of the field: its weight, and the light that falls on it.
const pixels = (figure, state) => figure.weights.flatMap((row, i) => row.map((weight, j) =>
  ({ weight, light: lightAt(state, [j - half(figure), i - half(figure)]) })));

// The sum of light times weight over all positive weights, over all negative ones, and both; and
// what the cell makes of it.
function respond(figure, state) {
  const products = pixels(figure, state).map(({ weight, light }) => weight * light);
  return together(...[1, -1].map((sign) => sum(products.filter((v) => sign * v > 0))));
}

const together = (plus, minus) =>
  ({ plus, minus, total: plus + minus, response: max(plus + minus, 0) });

// The same to three decimals: the sum is that of the two numbers as they are shown.
const rounded = ({ plus, minus }) =>
  together(...[plus, minus].map((v) => Number(v.toFixed(3))));

// The lowest sum that a bar gives, and the largest one over positive weights, to a step of 5° and
// of half a pixel.
function extremesOf(figure) {
  const shifts = range(4 * half(figure) + 1).map((step) => step / 2 - half(figure));
  const all = range(36).flatMap((step) =>
    shifts.map((shift) => respond(figure, { angle: 5 * step, shift })));
  return [min(...all.map(({ total }) => total)), max(...all.map(({ plus }) => plus))];
}

// Where the two ends of the bar are, on a circle around the field.
function endsOf(figure) {
  const { state } = figure;
  const [u, v] = along(state);
  const [x, y] = across(state).map((part) => part * state.shift);
  const reach = sqrt((half(figure) + 0.5) ** 2 - state.shift ** 2);
  return [1, -1].map((way) => [x + way * reach * u, y + way * reach * v]);
}

// --- The elements ---

function cell({ weights, ...given }) {
  const figure = { weights, given, state: { ...given } };
  figure.extremes = extremesOf(figure);
  figure.view = elements(figure);
  draw(figure);
  return arrange(figure);
}

const elements = (figure) => ({
  field: makeField(figure),
  bars: [["light × red", "plus"], ["+ light × blue", "minus"], ["= sum", "total"],
    ["response = max(0, sum)", "y"]].map(([name, role]) => makeBar(name, role)),
  tuning: makeTuning(figure),
  angle: slider("turn to this angle", 0, 180, 1, (angle) => change(figure, { angle })),
  shift: slider("move from the middle", -half(figure), half(figure), 0.1,
    (shift) => change(figure, { shift })),
  status: h("p", { role: "status" }),
  link: linkTo("cell", "bar", (code) => open(figure, code)),
});

const slider = (name, min, max, step, act) => h("input", {
  type: "range", min, max, step, "aria-label": name,
  oninput: ({ target }) => act(Number(target.value)),
});

function makeBar(name, role) {
  const number = h("td");
  return { node: h("tr", { class: role }, h("th", { scope: "row" }, name), number), number };
}

function arrange(figure) {
  const { field, bars, tuning, angle, shift, status, link } = figure.view;
  return [
    h("p", {}, "Red: positive weights, blue: negative. "
      + "Drag the bar of light to move it; drag its ends or the point on the curve to turn it. "
      + "Or use the sliders."),
    h("div", { class: "both" },
      h("div", {}, field, h("label", {}, "move", shift)),
      h("div", {}, h("table", {}, h("tbody", {}, ...bars.map(({ node }) => node))),
        tuning, h("label", { class: "turn" }, "turn", angle))),
    status,
    h("div", { class: "cnn-bar" },
      button("Reset", () => change(figure, figure.given)), link.node),
  ];
}

// The width of the picture: that of the field, and room for the ends of the bar.
const widthOf = ({ weights }) => weights.length + 1.4;

// The field: a square for each pixel, red for a positive weight and blue for a negative one, and
// over it the ends of the bar.
function makeField(figure) {
  const edge = half(figure) + 0.5;
  const largest = max(...figure.weights.flat().map(abs));
  const squares = figure.weights.flatMap((row, i) => row.map((weight, j) =>
    `<rect class="${weight < 0 ? "minus" : "plus"}" style="--w:${abs(weight) / largest}"
      x="${j - edge}" y="${i - edge}" width="1" height="1"/>`));
  const node = h("div", { class: "field", role: "img" });
  const width = widthOf(figure);
  node.innerHTML = `<svg viewBox="${-width / 2} ${-width / 2} ${width} ${width}">
    ${squares.join("")}${'<circle r="0.5"/>'.repeat(2)}</svg>`;
  makeDraggable(figure, node.firstChild);
  return node;
}

// --- Events: each changes the state, then draws ---

// A drag that begins at an end of the bar turns it, any other one moves it.
function makeDraggable(figure, svg) {
  let grip;
  svg.addEventListener("pointerdown", (event) => {
    svg.setPointerCapture(event.pointerId);
    const place = placeOf(figure, svg, event);
    const isNear = ([x, y]) => hypot(place[0] - x, place[1] - y) < 1.5;
    grip = { place, state: { ...figure.state }, drag: endsOf(figure).some(isNear) ? turn : move };
  });
  svg.addEventListener("pointermove", (event) => {
    if (!svg.hasPointerCapture(event.pointerId)) return;
    change(figure, grip.drag(grip, placeOf(figure, svg, event)));
  });
}

// The curve, where a click or a drag turns the bar to the angle that it points at.
function makeTuning(figure) {
  const node = h("div", { class: "tuning", role: "img" });
  const turnTo = ({ clientX }) => {
    const { left, width } = node.getBoundingClientRect();
    const x = (clientX - left) / width * frame[2] + frame[0];
    change(figure, { angle: clamp(x / wide * 180, 0, 180) });
  };
  node.addEventListener("pointerdown", (event) => {
    node.setPointerCapture(event.pointerId);
    turnTo(event);
  });
  node.addEventListener("pointermove", (event) =>
    node.hasPointerCapture(event.pointerId) && turnTo(event));
  return node;
}

function placeOf(figure, svg, { clientX, clientY }) {
  const { left, top, width, height } = svg.getBoundingClientRect();
  return [(clientX - left) / width, (clientY - top) / height]
    .map((part) => (part - 0.5) * widthOf(figure));
}

function move({ place: [x, y], state }, [newX, newY]) {
  return { shift: state.shift + dot([newX - x, newY - y], across(state)) };
}

// Turned by half a circle, the bar has the same angle, and lies on the other side of the middle.
function turn({ place: [x, y], state }, [newX, newY]) {
  const turned = state.angle + (atan2(y, x) - atan2(newY, newX)) * 180 / PI;
  const halves = floor(turned / 180);
  return { angle: turned - 180 * halves, shift: halves % 2 ? -state.shift : state.shift };
}

function change(figure, news) {
  const { angle, shift } = { ...figure.state, ...news };
  const furthest = half(figure);
  figure.state = {
    angle: round(angle), shift: clamp(round(10 * shift) / 10, -furthest, furthest),
  };
  draw(figure);
}

// The angle and the distance from the middle.
function open(figure, code) {
  const [, angle, shift] = (/^(\d+)-(-?\d+(?:\.\d)?)$/.exec(code) ?? []).map(Number);
  const isThere = angle <= 180 && abs(shift) <= half(figure);
  if (isThere) change(figure, { angle, shift });
  return isThere;
}

// --- Drawing ---

// Always three decimals.
const fixed = (v) => (short(v, 3) === "0" ? "0.000" : v.toFixed(3).replace("-", "−"));

function draw(figure) {
  const { state, view } = figure;
  const now = respond(figure, state);
  const shown = rounded(now);
  drawField(figure);
  drawBars(figure, shown);
  view.tuning.innerHTML = plot(figure, now.response);
  view.tuning.ariaLabel = "the response to bars at all angles";
  view.angle.value = state.angle;
  view.shift.value = state.shift;
  view.status.textContent = sentence(state, shown);
  view.link.set(`${state.angle}-${state.shift}`);
}

function drawField(figure) {
  const { state, view: { field } } = figure;
  const light = pixels(figure, state);
  field.ariaLabel = `the field of the cell, and a bar of light at ${state.angle}°`;
  field.querySelectorAll("rect").forEach((square, i) =>
    square.style.setProperty("--light", light[i].light));
  const ends = endsOf(figure);
  field.querySelectorAll("circle").forEach((end, i) => {
    end.setAttribute("cx", ends[i][0]);
    end.setAttribute("cy", ends[i][1]);
  });
}

// Red goes to the right from 0, blue back to the left from there; where that ends is the sum.
function drawBars(figure, { plus, minus, total, response }) {
  const [low, top] = figure.extremes;
  const part = (v) => `${100 * (v - low) / (top - low)}%`;
  const spans = [[0, plus, plus], [total, plus, minus], [0, total, total], [0, response, response]];
  spans.forEach(([from, to, value], i) => {
    const { number } = figure.view.bars[i];
    number.textContent = fixed(value);
    const ends = [min(from, to), max(from, to)].map(part);
    number.style = `--zero:${part(0)};--from:${ends[0]};--to:${ends[1]}`;
  });
}

function sentence({ angle, shift }, { response }) {
  const distance = abs(shift) === 1 ? "1 pixel" : `${short(abs(shift))} pixels`;
  const place = shift ? `${distance} from the middle` : "through the middle";
  const end = response > 0 ? `the cell responds with ${fixed(response)}.`
    : "the sum is not above 0, so no response.";
  return `Bar at ${angle}°, ${place}: ${end}`;
}

// The response to bars at all angles, as far from the middle as this one, and dashed to those
// through the middle.
const [wide, high] = [330, 120];
const frame = [-46, -26, 392, 184];
function plot({ state, weights, extremes: [, top] }, response) {
  const at = (angle, v) => [angle * wide / 180, high - v * high / top].map((n) => n.toFixed(2));
  const curve = (name, shift) => `<path class="${name}" d="M${range(91).map((i) =>
    at(2 * i, respond({ weights }, { angle: 2 * i, shift }).response)).join("L")}"/>`;
  const text = (words, x, y) => `<text x="${x}" y="${y}">${words}</text>`;
  const ticks = [0, 45, 90, 135, 180].map((angle) => text(`${angle}°`, at(angle)[0], high + 16));
  const rest = state.shift ? curve("rest", 0) + text("dashed: through the middle", 244, -14) : "";
  const [x, y] = at(state.angle, response);
  return `<svg viewBox="${frame.join(" ")}">${ticks.join("")}
    ${text("0", -18, high + 4)}${text(short(top), -22, 4)}${text("response", 0, -14)}
    ${text("angle of the bar", wide / 2, high + 33)}
    <path class="axis" d="M0,0V${high}H${wide}"/><path class="axis" d="M${x},${high}V${y}"/>
    ${rest}${curve("y", state.shift)}
    <circle class="y" cx="${x}" cy="${y}" r="6"/></svg>`;
}
