// The pairs explorer: for each seed the wrong answers of the recipe and of a change, and their
// difference; below, the mean of the differences that are counted, and its interval.
//
// The figure is one object: what it was `given`, its `state`, which is the change that is shown and
// the seeds that are counted, and on the page its `view`.

const { sqrt } = Math;

function pairs(given) {
  const names = Object.keys(given.changed);
  const counted = given.recipe.map(() => true);
  const figure = { given, names, state: { name: names[0], counted } };
  figure.view = elements(figure);
  draw(figure);
  const { list, link, table, status } = figure.view;
  return [
    h("p", {}, "How many more of the 10,000 held-out images are wrong with a change? "
      + "Choose a change; tap a seed to leave it out (at least two must stay)."),
    h("div", { class: "cnn-bar" }, h("label", {}, "change ", list),
      button("All seeds", () => change(figure, { counted })), link.node),
    table, status,
  ];
}

// --- The mathematics ---

const mean = (list) => sum(list) / list.length;

const differencesOf = ({ given: { recipe, changed }, state: { name } }) =>
  changed[name].map((wrong, seed) => wrong - recipe[seed]);

// The mean of the differences that are counted, and how far the interval goes to either side.
function estimate({ given: { quantiles }, state: { counted } }, differences) {
  const list = differences.filter((_, seed) => counted[seed]);
  const middle = mean(list);
  const variance = sum(list.map((v) => (v - middle) ** 2)) / (list.length - 1);
  return { middle, reach: quantiles[list.length - 2] * sqrt(variance / list.length) };
}

// --- The elements ---

function elements(figure) {
  const { names, given: { recipe, scale: [low, high] } } = figure;
  const list = choice(names, () => change(figure, { name: list.value }));
  const rows = recipe.map((_, seed) => seedRow(figure, seed));
  const last = lineRow(h("th", { scope: "row" }, "mean"), "mean");
  last.mark.append(h("span", {}, "95 %"));
  // What the number line says on both sides of 0.
  const axis = h("caption", {}, h("span", {}, "← fewer wrong: the change is better"),
    h("span", {}, "more wrong: the recipe is better →"));
  const head = ["seed", "recipe", "changed", "more"].map((name) =>
    h("th", { scope: "col" }, name));
  const line = h("td", { class: "line" }, h("i", { class: "low" }, signed(low)),
    h("i", {}, "0"), h("i", { class: "high" }, signed(high)));
  return {
    list, rows, last,
    table: h("table", {}, axis, h("thead", {}, h("tr", {}, ...head, line)),
      h("tbody", {}, ...rows.map(({ node }) => node)), h("tfoot", {}, last.node)),
    status: h("p", { role: "status" }),
    link: linkTo("pairs", "choice", (code) => open(figure, code)),
  };
}

function seedRow(figure, seed) {
  const box = h("input", { type: "checkbox", onchange: () => toggle(figure, seed) });
  const row = lineRow(h("th", { scope: "row" }, h("label", {}, box, seed)), "dot");
  // The whole row can be tapped; the label, which holds the box, does it by itself.
  row.node.addEventListener("click", ({ target }) => target.closest("label") || box.click());
  return { ...row, box };
}

// A row: its name, both counts, the difference, and its place on the number line.
function lineRow(name, kind) {
  const [before, after, difference] = range(3).map(() => h("td"));
  const mark = h("i", { class: kind });
  const node = h("tr", {}, name, before, after, difference, h("td", { class: "line" }, mark));
  return { node, before, after, difference, mark };
}

// --- Events: each changes the state, then draws ---

function change(figure, news) {
  Object.assign(figure.state, news);
  draw(figure);
}

function toggle(figure, seed) {
  const { counted } = figure.state;
  change(figure, { counted: counted.with(seed, !counted[seed]) });
}

// The number of the change, and the seeds that are counted.
function codeOf({ names, state: { name, counted } }) {
  const seeds = counted.flatMap((isCounted, seed) => (isCounted ? [seed] : []));
  return [names.indexOf(name), ...seeds].join("-");
}

function open(figure, code) {
  const { names, given: { recipe } } = figure;
  const [number, ...seeds] = code.split("-").map(Number);
  const counted = recipe.map((_, seed) => seeds.includes(seed));
  const isThere = names[number] && counted.filter(Boolean).length === seeds.length;
  if (!isThere || seeds.length < 2) return false;
  change(figure, { name: names[number], counted });
  return true;
}

// --- Drawing ---

// A whole number with its sign.
function signed(value) {
  const text = short(value, 0);
  return /^[0−]/.test(text) ? text : `+${text}`;
}

// Where a number lies on the line, in percent.
const placeOf = ({ given: { scale: [low, high] } }, v) =>
  `${100 * clamp((v - low) / (high - low), 0, 1)}%`;

function draw(figure) {
  const { given: { recipe, changed }, state: { name, counted }, view } = figure;
  const differences = differencesOf(figure);
  const { middle, reach } = estimate(figure, differences);
  view.list.value = name;
  view.rows.forEach((row, seed) => {
    row.box.checked = counted[seed];
    // Two seeds at least are counted: one difference has no spread.
    row.box.disabled = counted[seed] && counted.filter(Boolean).length === 2;
    row.node.classList.toggle("out", !counted[seed]);
    show(figure, row, recipe[seed], changed[name][seed], differences[seed], 0);
  });
  const meanOf = (list) => mean(list.filter((_, seed) => counted[seed]));
  show(figure, view.last, meanOf(recipe), meanOf(changed[name]), middle, reach);
  view.table.style.setProperty("--zero", placeOf(figure, 0));
  view.status.replaceChildren(...spell(figure, middle, reach));
  view.link.set(codeOf(figure));
}

function show(figure, { before, after, difference, mark }, first, second, by, reach) {
  before.textContent = short(first, 0);
  after.textContent = short(second, 0);
  difference.textContent = signed(by);
  const { scale: [low, high] } = figure.given;
  mark.classList.toggle("under", by - reach < low);
  mark.classList.toggle("over", by + reach > high);
  mark.style.setProperty("--at", placeOf(figure, by));
  mark.style.setProperty("--from", placeOf(figure, by - reach));
  mark.style.setProperty("--to", placeOf(figure, by + reach));
}

function spell({ state: { counted } }, middle, reach) {
  const [low, high] = [middle - reach, middle + reach];
  const verdict = low > 0 ? "All of it is above 0: taken by itself, the recipe is better."
    : high < 0 ? "All of it is below 0: taken by itself, the change is better."
      : "It contains 0: these seeds do not tell which is better.";
  return [
    h("b", {}, `${signed(middle)} on average of ${counted.filter(Boolean).length} seeds, `
      + `95 % interval ${signed(low)} to ${signed(high)}. `),
    verdict,
  ];
}
