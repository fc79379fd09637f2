// The gradient-descent playground: a straight line through points that can be moved, and the walk
// of its slope w and intercept b over the cost, the mean of the squared errors. The updates are
// those of cnnlib.optim: SGD, SGD with momentum, and Adam.

const { abs, ceil, hypot, log, log10, max, min, sqrt } = Math;

// How a gradient becomes a step, for one number; each call of a rule starts afresh.
const rules = {
  SGD: () => (g) => g,
  "SGD, momentum 0.9": (v = 0) => (g) => (v = 0.9 * v + g),
  Adam: (m = 0, v = 0, k = 0) => (g) => {
    [m, v, k] = [m + 0.1 * (g - m), v + 0.001 * (g * g - v), k + 1];
    return m / (1 - 0.9 ** k) / (sqrt(v / (1 - 0.999 ** k)) + 1e-8);
  },
};
const [plain, momentum, adam] = Object.keys(rules), most = 300;
const memory = ({ method }) => (method === momentum ? 0.9 : 0);
const limit = (s, high) => 2 * (1 + memory(s)) / high;

const mean = (list) => list.reduce((a, v) => a + v, 0) / list.length;
const cost = (points, [w, b]) => mean(points.map(([x, t]) => (w * x + b - t) ** 2));
const gradient = (points, [w, b]) => [
  2 * mean(points.map(([x, t]) => (w * x + b - t) * x)),
  2 * mean(points.map(([x, t]) => w * x + b - t)),
];

// The places (w, b) from the start on; a walk that is lost ends early.
function walk({ points, start, method, lr }, steps) {
  const places = [], step = start.map(() => rules[method]());
  for (let at = start; at && places.length <= steps;) {
    places.push(at);
    const g = gradient(points, at);
    at = hypot(...at) < 1e6 && at.map((v, i) => v - lr * step[i](g[i]));
  }
  return places;
}

// The Hessian matrix [[p, q], [q, r]] of the cost: its eigenvalues, the angle of the steep axis,
// and the best place. (The small number decides where all points have the same x.)
function valley(points) {
  const r = 2 + 1e-9, q = 2 * mean(points.map(([x]) => x));
  const p = 2 * mean(points.map(([x]) => x * x)) + 1e-9, [w, b] = gradient(points, [0, 0]);
  const middle = (p + r) / 2, half = hypot((p - r) / 2, q), det = p * r - q * q;
  return {
    p, q, high: middle + half, low: det / (middle + half), angle: Math.atan2(2 * q, p - r) / 2,
    best: [(q * b - r * w) / det, (q * w - p * b) / det],
  };
}

// By what a step multiplies an error along an axis in the end: the larger root, in size, of
// c² = (1 + µ − lr · curvature) c − µ. It swings if the root is negative or complex.
function factor(s, curvature) {
  const mu = memory(s), sum = 1 + mu - s.lr * curvature, under = sum * sum - 4 * mu;
  const size = under < 0 ? sqrt(mu) : (abs(sum) + sqrt(under)) / 2;
  return { size, swings: under < 0 || sum < 0 };
}

// At most n digits; what is left of a 0 by rounding is 0.
const digits = (v, n = 3) => {
  const size = abs(v), text = size < 1e5 ? +v.toPrecision(n) : v.toExponential(n - 1);
  return size < 1e-9 ? "0" : `${text}`.replaceAll("-", "−");
};

// Whether the walk arrives, in a word, and why.
function verdict(s, { high, low, best }) {
  if (s.method === adam) {
    const places = walk(s, 2000), left = cost(s.points, places.at(-1)) - cost(s.points, best);
    const sides = places.map(([w]) => w > best[0]);
    const turns = sides.slice(0, 200).filter((side, i) => side !== sides[i + 1]).length;
    return [
      left > 1e-4 ? "Not there after 2,000 steps"
        : turns > 2 ? "Oscillates, and converges" : "Converges",
      "Adam has no limit 2/λmax: its steps are about α long, however steep it is.",
    ];
  }
  const [steep, flat] = [high, low].map((curvature) => factor(s, curvature));
  const [across, along] = [steep, flat].map(({ size, swings }) =>
    digits(size) + (swings ? " (to and fro)" : ""));
  const slow = max(steep.size, flat.size), more = log(10) / -log(slow);
  return [
    slow > 1 ? "Diverges" : steep.swings ? "Oscillates, and converges" : "Converges",
    `A step multiplies the error on the steep axis by ${across}, on the flat one by ${along}.`
      + (slow < 1 ? ` One digit more takes ${digits(ceil(more))} steps.` : ""),
  ];
}

// A plot of W × H units with scales of its own: what is drawn inside ends at the frame. The marks
// are dragged, or pushed by the arrow keys: take(i, [x, y]) learns where to.
const W = 284, H = 190;
function plot(xName, yName, marks = [], take) {
  const node = h("div", { role: "group", "aria-label": `${yName} by ${xName}` });
  const mark = (name) => `<g tabindex="0" role="slider" aria-label="${name}">`
    + "<circle r='13'/><circle r='5'/></g>";
  const text = (x, y, words, side = "middle") =>
    `<text x="${x}" y="${y}" text-anchor="${side}">${words}</text>`;
  node.innerHTML = `<svg viewBox="-34 -20 324 246"><g></g><svg width="${W}" height="${H}"></svg>`
    + `<rect width="${W}" height="${H}"/>${marks.map(mark).join("")}</svg>`;
  const picture = node.firstChild, [axes, inside, , ...handles] = picture.children;
  let xs, ys;
  const part = (v, [from, to]) => clamp((v - from) / (to - from), -20, 20);
  const at = ([x, y]) => [part(x, xs) * W, (1 - part(y, ys)) * H];
  const line = (places, role) => `<path class="${role}" d="M${places.map(at).join("L")}"/>`;

  // Set the scales, from the first to the last of the numbers that are written along them.
  const scale = (xTicks, yTicks, named = digits) => {
    [xs, ys] = [xTicks, yTicks].map((ticks) => [ticks[0], ticks.at(-1)]);
    axes.innerHTML = text(W / 2, H + 32, xName) + text(0, -8, yName, "start")
      + xTicks.map((v) => text(at([v, 0])[0], H + 15, digits(v))).join("")
      + yTicks.map((v) => text(-6, at([0, v])[1] + 4, named(v), "end")).join("");
  };
  const put = (i, place) => {
    const [x, y] = at(place), text = place.map((v) => digits(v)).join(", ");
    handles[i].setAttribute("transform", `translate(${x} ${y})`);
    Object.assign(handles[i], { place, x, y, ariaValueNow: place[1], ariaValueText: text });
  };
  const under = ({ clientX, clientY }) =>
    new DOMPoint(clientX, clientY).matrixTransform(picture.getScreenCTM().inverse());
  const send = (i, place) => take(i, place.map((v, axis) =>
    Math.round(clamp(v, ...[xs, ys][axis]) * 100) / 100));
  handles.forEach((handle, i) => {
    // Of marks that overlap, the nearest is taken.
    handle.onpointerdown = (event) => {
      const { x, y } = under(event), away = (mark) => hypot(mark.x - x, mark.y - y);
      handles.reduce((a, b) => (away(b) < away(a) ? b : a)).setPointerCapture(event.pointerId);
    };
    handle.onpointermove = (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const { x, y } = under(event);
      send(i, [xs[0] + x / W * (xs[1] - xs[0]), ys[1] - y / H * (ys[1] - ys[0])]);
    };
    handle.onkeydown = (event) => {
      const move = moves[event.key];
      if (!move) return;
      event.preventDefault();
      send(i, [handle.place[0] + move[1] / 10, handle.place[1] - move[0] / 10]);
    };
  });
  return { node, inside, at, line, scale, put };
}

function descent(data) {
  const given = { method: plain, ...data };
  let s = structuredClone(given), timer;

  const change = (news) => (Object.assign(s, news), show());
  const lines = plot("x", "t", s.points.map((_, i) => `point ${i + 1}`), (i, place) => {
    s.points[i] = place;
    show();
  });
  const hills = plot("slope w", "intercept b", ["start"], (_, start) => change({ start }));
  const curve = plot("step", "cost");
  lines.scale([-2, 0, 2, 4], [-2, 0, 2, 4, 6]);
  hills.scale([-2, -1, 0, 1, 2, 3], [-4, -2, 0, 2, 4, 6]);

  const method = h("select", { onchange: () => change({ method: method.value }) },
    ...Object.keys(rules).map((name) => h("option", {}, name)));
  const rate = h("input", {
    type: "range", "aria-label": "learning rate", min: -3, max: 0.3, step: 0.003,
    oninput: () => change({ lr: +(10 ** rate.value).toPrecision(3) }),
  });
  const shown = h("output", {}), bound = h("small", {});
  const near = [0.99, 1.01].map((part) => button(`${part} × limit`, () =>
    change({ lr: part * limit(s, valley(s.points).high) })));
  const runner = button("Run", () => (timer ? pause() : play()));
  const status = h("p", { role: "status" }), place = h("p", {}), hessian = h("p", {});

  function play() {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return go(most);
    if (s.steps >= walk(s, most).length - 1) go(0);
    timer = setInterval(() => go(s.steps + ceil((s.steps + 1) / 20)), 100);
    [runner.textContent, status.ariaLive] = ["Pause", "off"];
  }

  function pause() {
    timer = clearInterval(timer);
    [runner.textContent, status.ariaLive] = ["Run", "polite"];
  }

  // Show so many steps; a run ends with the walk, or when the figure is taken off the page.
  function go(steps) {
    const end = walk(s, most).length - 1;
    if (steps >= end || !runner.isConnected) pause();
    change({ steps: min(steps, end) });
  }

  function standardise() {
    const xs = s.points.map(([x]) => x), middle = mean(xs);
    const sd = sqrt(mean(xs.map((x) => (x - middle) ** 2))) || 1;
    change({ points: s.points.map(([x, t]) => [(x - middle) / sd, t]) });
  }

  // Draw everything as it is now.
  function show() {
    const v = valley(s.points), edge = limit(s, v.high);
    const places = walk(s, s.steps), now = places.at(-1);
    const costs = places.map((there) => cost(s.points, there)), lowest = cost(s.points, v.best);
    drawLines(now);
    drawHills(v, places);
    drawCurve(costs, lowest);

    const free = s.method === adam, line = ([w, b], c) =>
      `w = ${digits(w, 4)}, b = ${digits(b, 4)}, cost ${digits(c, 4)}`;
    bound.style.setProperty("--at", (log10(edge) + 3) / 3.3);
    bound.textContent = free ? "" : "limit ▲";
    for (const node of near) node.hidden = free;
    rate.value = log10(s.lr);
    rate.ariaValueText = shown.value = digits(s.lr);
    method.value = s.method;
    const [word, why] = verdict(s, v);
    status.replaceChildren(h("b", {}, `${word}. `), why);
    place.textContent = `Step ${places.length - 1}: ${line(now, costs.at(-1))}.`
      + ` Best: ${line(v.best, lowest)}.`;
    hessian.textContent = `Hessian [${digits(v.p)}, ${digits(v.q)}; ${digits(v.q)}, 2]: `
      + `λmax = ${digits(v.high, 4)}, λmin = ${digits(v.low, 4)}.`
      + (free ? "" : ` Limit ${2 + 2 * memory(s)}/λmax = ${digits(edge, 4)};`
        + ` α is ${digits(s.lr / edge)} of it.`);
  }

  function drawLines([w, b]) {
    const fit = (x) => [x, w * x + b];
    s.points.forEach((point, i) => lines.put(i, point));
    lines.inside.innerHTML = lines.line([-9, 9].map(fit), "y")
      + s.points.map((point) => lines.line([point, fit(point[0])], "")).join("");
  }

  // The contours of a quadratic cost are ellipses along the axes of its Hessian matrix.
  function drawHills({ high, low, angle, best }, places) {
    const [x, y] = hills.at(best), dots = places.map((there) => `M${hills.at(there)}h0`).join("");
    const ring = (rise) => `<ellipse rx="${sqrt(2 * rise / high)}" ry="${sqrt(2 * rise / low)}"/>`;
    const rings = range(7).map((i) => ring(0.05 * 10 ** (i / 2))).join("");
    hills.put(0, s.start);
    hills.inside.innerHTML = `<g transform="translate(${x} ${y}) scale(${W / 5} ${-H / 10})`
      + ` rotate(${angle * 180 / Math.PI})">${rings}</g>`
      + `<path class="ink" d="M${x - 5} ${y - 5}l10 10m0-10l-10 10"/>`
      + hills.line(places, "g") + `<path class="g dots" d="${dots}"/>`;
  }

  function drawCurve(costs, lowest) {
    const heights = [...costs, lowest].map((v) => log10(max(v, 1e-6)));
    const from = Math.floor(min(...heights)), span = max(...heights) - from;
    const every = ceil(span / 5) || 1, decades = range(ceil(span / every) + 1);
    const steps = max(30, ceil(costs.length / 10) * 10);
    curve.scale([0, steps / 2, steps], decades.map((i) => from + i * every),
      (e) => digits(10 ** e, 1));
    const least = heights.pop();
    curve.inside.innerHTML = curve.line([[0, least], [steps, least]], "dash")
      + curve.line(heights.map((e, i) => [i, e]), "ink");
  }

  show();
  return [
    h("div", { class: "cnn-bar" }, h("label", {}, "optimizer ", method),
      button("Step", () => (pause(), go(s.steps + 1))), runner,
      button("Standardise x", standardise),
      button("Reset", () => (pause(), change({ ...structuredClone(given), steps: 0 }))),
      h("div", { class: "rate" }, "learning rate α", shown, h("span", {}, rate, bound)), ...near),
    h("div", { class: "plots" }, lines.node, hills.node, curve.node,
      h("div", {}, status, place, hessian)),
  ];
}
