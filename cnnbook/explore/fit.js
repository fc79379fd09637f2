// A straight line through points: its cost as a valley over slope w and intercept b, and the
// walks down into it.

const { atan2, PI, sqrt } = Math;

// --- The cost ---

const mean = (list) => sum(list) / list.length;
const errors = (points, [w, b]) => points.map(([x, t]) => w * x + b - t);
const cost = (points, place) => mean(errors(points, place).map((error) => error * error));

function gradient(points, place) {
  const list = errors(points, place);
  return [2 * mean(list.map((error, i) => error * points[i][0])), 2 * mean(list)];
}

// The cost as a valley: its Hessian matrix [[p, q], [q, r]] with the eigenvalues and the angle of
// the steep axis, and its best place. (The small number decides where all points have the same x.)
function valleyOf(points) {
  const p = 2 * mean(points.map(([x]) => x * x)) + 1e-9;
  const q = 2 * mean(points.map(([x]) => x));
  const r = 2 + 1e-9;
  const high = (p + r) / 2 + hypot((p - r) / 2, q);
  const determinant = p * r - q * q;
  const [w, b] = gradient(points, [0, 0]);
  const best = [(q * b - r * w) / determinant, (q * w - p * b) / determinant];
  return { high, low: determinant / high, angle: atan2(2 * q, p - r) / 2, best };
}

// The places (w, b) from the start on, by the rule that `make` starts for each of the two numbers;
// a walk that is lost ends early.
function walk({ points, start, make, lr }, steps) {
  const places = [start];
  const rule = start.map(make);
  while (places.length <= steps && hypot(...places.at(-1)) < 1e6) {
    const place = places.at(-1);
    const slope = gradient(points, place);
    places.push(place.map((v, axis) => v - lr * rule[axis](slope[axis])));
  }
  return places;
}

// --- Drawing ---

// The valley's plot, with a start to be moved.
function makeHills(moved) {
  const plot = makePlot("slope w", "intercept b", ["start"], (_, start) => moved(start));
  plot.marks[0].handle.classList.add("start");
  scale(plot, [-2, -1, 0, 1, 2, 3], [-4, -2, 0, 2, 4, 6]);
  return plot;
}

// The contours of a quadratic cost are ellipses along the axes of its Hessian matrix.
function contours(plot, { high, low, angle, best }) {
  const [x, y] = at(plot, best);
  const ring = (rise) => `<ellipse rx="${sqrt(2 * rise / high)}" ry="${sqrt(2 * rise / low)}"/>`;
  const rings = range(7).map((i) => ring(0.05 * 10 ** (i / 2))).join("");
  return `<g transform="translate(${x} ${y}) scale(${width / 5} ${-height / 10})`
    + ` rotate(${angle * 180 / PI})">${rings}</g>`;
}

// A cross with a rim marks the best place: it lies on top of the walks.
function cross(plot, { best }) {
  const [x, y] = at(plot, best);
  return ["rim", "ink"].map((role) =>
    `<path class="${role}" d="M${x - 6} ${y - 6}l12 12m0-12l-12 12"/>`).join("");
}

// A walk: its places, joined.
const trail = (plot, places, role) => line(plot, places, role)
  + `<path class="${role} dots" d="${places.map((place) => `M${at(plot, place)}h0`).join("")}"/>`;
