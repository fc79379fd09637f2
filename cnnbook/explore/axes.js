// Plots with axes, in which marks can be dragged, or pushed by the arrow keys: for all figures that
// draw curves.

const { abs, hypot, round } = Math;

// At most so many digits; what is left of a 0 by rounding is 0.
function digits(v, count = 3) {
  if (abs(v) < 1e-9) return "0";
  const text = abs(v) < 1e5 ? +v.toPrecision(count) : v.toExponential(count - 1);
  return `${text}`.replaceAll("-", "−");
}

// A plot of width × height units with scales of its own: what is drawn inside ends at the frame.
// Its marks are dragged, or pushed by the arrow keys: moved(i, [x, y]) learns where to.
const width = 284;
const height = 190;

function makePlot(xName, yName, markNames = [], moved) {
  const node = h("div", { role: "group", "aria-label": `${yName} by ${xName}` });
  const handle = (name) => `<g tabindex="0" role="slider" aria-label="${name}">`
    + "<circle r='13'/><circle r='5'/></g>";
  node.innerHTML = '<svg viewBox="-34 -20 330 246"><g></g>'
    + `<svg width="${width}" height="${height}"></svg>`
    + `<rect width="${width}" height="${height}"/>${markNames.map(handle).join("")}</svg>`;
  const picture = node.firstChild;
  const [axes, inside, , ...handles] = picture.children;
  const made = { node, picture, axes, inside, xName, yName, moved };
  made.marks = handles.map((handle) => ({ handle }));
  made.marks.forEach((mark, i) => listen(made, mark, i));
  return made;
}

// Set the scales, from the first to the last of the numbers that are written along them.
function scale(plot, xTicks, yTicks, named = digits) {
  plot.xRange = [xTicks[0], xTicks.at(-1)];
  plot.yRange = [yTicks[0], yTicks.at(-1)];
  const text = (x, y, words, side = "middle") =>
    `<text x="${x}" y="${y}" text-anchor="${side}">${words}</text>`;
  plot.axes.innerHTML = text(width / 2, height + 32, plot.xName) + text(0, -8, plot.yName, "start")
    + xTicks.map((v) => text(at(plot, [v, 0])[0], height + 15, digits(v))).join("")
    + yTicks.map((v) => text(-6, at(plot, [0, v])[1] + 4, named(v), "end")).join("");
}

// From numbers to units of the picture; what lies far outside stays near enough to be drawn.
function at({ xRange, yRange }, [x, y]) {
  const part = (v, [from, to]) => clamp((v - from) / (to - from), -20, 20);
  return [part(x, xRange) * width, (1 - part(y, yRange)) * height];
}

// And back.
const numbersAt = ({ xRange, yRange }, { x, y }) => [
  xRange[0] + x / width * (xRange[1] - xRange[0]),
  yRange[1] - y / height * (yRange[1] - yRange[0]),
];

const line = (plot, places, role) =>
  `<path class="${role}" d="M${places.map((place) => at(plot, place)).join("L")}"/>`;

// Put a mark where it belongs.
function put(plot, i, place) {
  const mark = plot.marks[i];
  const [x, y] = at(plot, place);
  Object.assign(mark, { place, x, y });
  mark.handle.setAttribute("transform", `translate(${x} ${y})`);
  mark.handle.ariaValueNow = place[1];
  mark.handle.ariaValueText = place.map((v) => digits(v)).join(", ");
}

// Ask for a mark to be moved, within the frame and to hundredths.
function send(plot, i, [x, y]) {
  const tidy = (v, range) => round(clamp(v, ...range) * 100) / 100;
  plot.moved(i, [tidy(x, plot.xRange), tidy(y, plot.yRange)]);
}

// Where a pointer is, in units of the picture.
const under = ({ picture }, { clientX, clientY }) =>
  new DOMPoint(clientX, clientY).matrixTransform(picture.getScreenCTM().inverse());

function listen(plot, mark, i) {
  const { marks } = plot;
  // Of marks that overlap, the nearest is taken.
  mark.handle.onpointerdown = (event) => {
    const { x, y } = under(plot, event);
    const away = (other) => hypot(other.x - x, other.y - y);
    const nearest = marks.reduce((a, b) => (away(b) < away(a) ? b : a));
    nearest.handle.setPointerCapture(event.pointerId);
  };
  mark.handle.onpointermove = (event) => {
    if (mark.handle.hasPointerCapture(event.pointerId)) {
      send(plot, i, numbersAt(plot, under(plot, event)));
    }
  };
  mark.handle.onkeydown = (event) => {
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    send(plot, i, [mark.place[0] + move[1] / 10, mark.place[1] - move[0] / 10]);
  };
}
