// The softmax explorer: logits to move, the probabilities that they become, the loss, and its
// slope with each logit. The numbers are those of cnnlib.functional: softmax, cross_entropy and
// its backward.
//
// The figure is one object: what it was `given`, its `state`, which is what the reader has made of
// that and the class that is pointed at, and on the page its `view`.

// --- The mathematics ---

const powersOf = (logits) => logits.map(Math.exp);
const shares = (powers) => powers.map((power) => power / sum(powers));
const lossOf = (logits, target) => Math.log(sum(powersOf(logits))) - logits[target];
const slopesOf = (p, target) => p.map((share, k) => (k === target ? share - 1 : share));
const toTenth = (value) => Math.round(value * 10) / 10;

// --- What is said ---

const minus = (text) => text.replace("-", "−");

// So many digits, and all those before the point.
const digits = (v, n = 3) => (v < 10 ** (n - 1) ? v.toPrecision(n) : v.toFixed(0));

// Text by text, from three digits on, the first that passes a test.
const enough = (write, passes) => range(20).slice(3).map(write).find(passes);

// A probability, with the decimals from which its loss follows.
function fine(p) {
  const loss = (v) => digits(-Math.log(v));
  return enough((n) => p.toFixed(n), (text) => loss(text) === loss(p));
}

const toPower = (exponent) => h("span", {}, "e", h("sup", {}, exponent));

// For the columns: always three decimals.
const fixed = (v) => short(v, 3) === "0" ? "0.000" : minus(v.toFixed(3));

function spellShare(k, logits) {
  const powers = powersOf(logits);
  const p = fine(shares(powers)[k]);
  const total = enough((n) => digits(sum(powers), n),
    (text) => (powers[k] / text).toFixed(p.length - 2) === p);
  return [`Class ${k}: p = `, toPower(minus(logits[k].toFixed(1))), ` / ${total} ≈ ${p}`];
}

const spellLoss = (logits, target) =>
  `Loss: −ln p[${target}] ≈ −ln ${fine(shares(powersOf(logits))[target])}`
    + ` ≈ ${digits(lossOf(logits, target))}`;

// --- The elements ---

function softmax({ largest, ...given }) {
  const figure = { given, largest, state: { ...given, pointed: given.target } };
  figure.view = elements(figure);
  draw(figure);
  const { target, add, table, status, link } = figure.view;
  return [
    h("p", {}, h("b", {}, "How do logits become probabilities, how large is the loss, and how "
      + "steeply does it rise with each logit?"),
      " Move a logit, choose another right class, or add 1 to all: which columns change?"),
    h("div", { class: "cnn-bar" }, h("label", {}, "right class ", target), add,
      button("Reset", () => change(figure, { ...given, pointed: given.target })), link.node),
    table, status,
  ];
}

function elements(figure) {
  const { given: { logits } } = figure;
  const rows = logits.map((_, k) => row(figure, k));
  const sums = cells();
  const target = choice(logits.map((_, k) => k), () =>
    change(figure, { target: target.selectedIndex, pointed: target.selectedIndex }));
  return {
    rows, sums, target,
    add: button("Add 1 to all", () => addOne(figure)),
    table: h("table", {}, h("thead", {}, heading()),
      h("tbody", {}, ...rows.map(({ node }) => node)),
      h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }, "sum"), h("td"), ...sums))),
    status: h("p", { role: "status" }),
    link: linkTo("softmax", "view", (code) => open(figure, code)),
  };
}

// Under the name of a column the rule that it follows.
const heading = () => h("tr", {}, ...[
  [{}, "class"], [{}, "logit z"], [{}, toPower("z")],
  [{ class: "y" }, "probability p", h("small", {}, toPower("z"), " / sum")],
  [{ class: "g" }, "slope of the loss along z", h("small", {}, "p − 1 for ✓, else p")],
].map(([role, ...words]) => h("th", { scope: "col", ...role }, ...words)));

// What a row has after its logit: e^z, p and a slope.
const cells = () => [{}, { class: "y" }, { class: "g" }].map((role) => h("td", role));

// A class: to move its slider, to reach it by Tab or to point at its row spells its numbers.
function row(figure, k) {
  const point = () => change(figure, { pointed: k });
  const slider = h("input", {
    type: "range", min: -figure.largest, max: figure.largest, step: 0.1,
    "aria-label": `logit of class ${k}`, onfocus: point,
    oninput: () => change(figure, {
      logits: figure.state.logits.with(k, Number(slider.value)), pointed: k,
    }),
  });
  const name = h("th", { scope: "row" });
  const z = h("span");
  const logit = h("td", {}, h("div", {}, slider, z));
  const [power, p, slope] = cells();
  const node = h("tr", { onpointerenter: point }, name, logit, power, p, slope);
  return { node, name, slider, z, power, p, slope };
}

// --- Events: each changes the state, then draws ---

function change(figure, news) {
  Object.assign(figure.state, news);
  draw(figure);
}

// The address: logits, right class, and the class that is pointed at.
function open(figure, code) {
  const { given, largest } = figure;
  const count = given.logits.length;
  const classIn = wholeIn([0, count - 1]);
  const found = read(code, rowsOf([1, count]), classIn, classIn);
  const [[logits], target, pointed] = found ?? [[[Infinity]]];
  if (Math.max(...logits.map(Math.abs)) > largest) return false;
  change(figure, { logits, target, pointed });
  return true;
}

const canAdd = ({ largest, state: { logits } }) => Math.max(...logits) + 1 <= largest;

function addOne(figure) {
  if (!canAdd(figure)) return;
  const { state: { logits } } = figure;
  const total = (list) => digits(sum(powersOf(list)));
  const more = logits.map((z) => toTenth(z + 1));
  change(figure, { logits: more });
  say(figure, "Every ", toPower("z"), ` is e ≈ 2.72 times as large, and so is their sum: `
    + `${total(logits)} before, `
    + `${total(more)} now. So p, the loss and its slopes have not changed.`);
}

// --- Drawing ---

function draw(figure) {
  const { state: { logits, target, pointed }, view } = figure;
  const powers = powersOf(logits);
  const p = shares(powers);
  const slopes = slopesOf(p, target);
  view.rows.forEach((row, k) => drawRow(row, logits[k], powers[k], p[k], slopes[k]));
  view.rows.forEach(({ node, name }, k) => {
    node.classList.toggle("on", k === pointed);
    node.classList.toggle("right", k === target);
    name.textContent = k === target ? `${k} ✓` : k;
  });
  [digits(sum(powers)), short(sum(p), 3), short(sum(slopes), 3)].forEach((text, i) => {
    view.sums[i].textContent = text;
  });
  view.target.selectedIndex = target;
  view.add.ariaDisabled = !canAdd(figure);
  view.link.set(write([logits], target, pointed));
  say(figure, ...spellShare(pointed, logits), h("br"), pointed === target
    ? `A larger logit of class ${pointed}, the right one, lowers the loss.`
    : `A larger logit of class ${pointed} raises the loss.`);
}

function say({ state: { logits, target }, view: { status } }, ...words) {
  status.replaceChildren(h("b", {}, spellLoss(logits, target)), h("br"), ...words);
}

// A bar goes from 0, which is in the middle for a slope.
function drawRow(row, logit, power, p, slope) {
  row.slider.value = logit;
  row.z.textContent = minus(logit.toFixed(1));
  row.power.textContent = digits(power);
  row.p.textContent = fixed(p);
  drawBar(row.p, 0, p);
  row.slope.textContent = fixed(slope);
  drawBar(row.slope, (1 + Math.min(slope, 0)) / 2, (1 + Math.max(slope, 0)) / 2);
}

function drawBar({ style }, from, to) {
  style.setProperty("--from", `${100 * from}%`);
  style.setProperty("--to", `${100 * to}%`);
}
