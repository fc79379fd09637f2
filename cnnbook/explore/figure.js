// Shared by all interactive figures: elements, numbers, grids and controls. The script of a
// figure follows this one in the same function and gives `mount` a function that builds it.

// --- Elements and numbers ---

// An element: h("p", {class: "sum", onclick: act}, "text", child).
function h(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

const button = (label, act, more) => h("button", { type: "button", onclick: act, ...more }, label);

// A list of names, of which the reader chooses one.
const choice = (names, change) =>
  h("select", { onchange: change }, ...names.map((name) => h("option", {}, name)));

const range = (n) => [...Array(n).keys()];
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const sum = (values) => values.reduce((total, value) => total + value, 0);

// A list of rows: its size, and one made of value(i, j).
const shape = (rows) => [rows.length, rows[0].length];
const matrix = (height, width, value) =>
  range(height).map((i) => range(width).map((j) => value(i, j)));

// So many decimals at most, and a real minus sign.
const short = (value, decimals = 2) => String(Number(value.toFixed(decimals))).replace("-", "−");

// A number within a sum, in brackets if it is written with a minus; the sign before a result, ≈ if
// a number involved is shown rounded; and the result with its sign.
const summand = (value) => (short(value)[0] === "−" ? `(${short(value)})` : short(value));
const equalSign = (...values) =>
  (values.some((v) => Math.abs(Number(v.toFixed(2)) - v) > 1e-9) ? " ≈ " : " = ");
const outcome = (value, ...others) => equalSign(value, ...others) + short(value);

// --- Grids ---

const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// The cells of a table, walked with the arrow keys; the outer `border` cells take no part.
// `focus(i, j)` is called when a cell gets the focus, `point(i, j)` when the mouse comes over it,
// `press(i, j, key)` for a click (key "") or a key; it returns whether it used the key.
function grid(rows, columns, border, events) {
  const cells = matrix(rows, columns, () => h("td"));
  const body = h("tbody", {}, ...cells.map((row) => h("tr", {}, ...row)));
  // Of all cells one is in the tab order, as the arrow keys reach the others.
  const rove = (i, j) => {
    body.querySelector('[tabindex="0"]')?.setAttribute("tabindex", -1);
    cells[i]?.[j]?.setAttribute("tabindex", 0);
  };
  const made = { cells, rove, body };
  for (const i of range(rows).slice(border, rows - border)) {
    for (const j of range(columns).slice(border, columns - border)) enliven(made, i, j, events);
  }
  rove(border, border);
  return made;
}

function enliven({ cells, rove }, i, j, { focus, point, press }) {
  const cell = cells[i][j];
  cell.setAttribute("tabindex", -1);
  cell.addEventListener("focus", () => {
    rove(i, j);
    focus?.(i, j);
  });
  cell.addEventListener("pointerenter", () => point?.(i, j));
  cell.addEventListener("click", () => press?.(i, j, ""));
  cell.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = moves[event.key];
    if (move) cells[i + move[0]]?.[j + move[1]]?.focus();
    if (move || press?.(i, j, event.key)) event.preventDefault();
  });
}

// A grid that calls `focus` also for the cell that the mouse is over.
const pointable = (sizes, border, focus, press) =>
  grid(...sizes, border, { focus, point: focus, press });

// Write a grid: value(i, j), shaded by its size; classes(i, j) says which names hold. A cell
// named `later` stays empty, and a negative number is named `minus`.
function fill({ cells }, value, classes) {
  const values = cells.map((row, i) => row.map((_, j) => value(i, j)));
  const largest = Math.max(...values.flat().map(Math.abs)) || 1;
  cells.forEach((row, i) => row.forEach((cell, j) => {
    const names = classes(i, j);
    cell.textContent = names.later ? "" : short(values[i][j]);
    cell.className = Object.keys(names).filter((name) => names[name]).join(" ");
    cell.classList.toggle("minus", values[i][j] < 0 && !names.later);
    cell.style.setProperty("--v", names.later ? 0 : Math.abs(values[i][j]) / largest);
  }));
}

// What a number becomes by a key: a digit sets it, minus changes its sign, Enter and space and a
// click (key "") switch between `ink` and 0; undefined for another key.
function retyped(old, ink, key) {
  if (/^\d$/.test(key)) return Number(key);
  if (key === "-") return -old;
  if (["", " ", "Enter"].includes(key)) return old ? 0 : ink;
  return undefined;
}

// --- Controls ---

const turns = { ArrowUp: 1, ArrowDown: -1 };

// A number between two buttons, which stay at its ends; with the keys one stop, moved up and down.
function stepper(name, low, high, value, change) {
  const shown = h("output", {
    role: "spinbutton", tabindex: 0, "aria-label": name, "aria-valuemin": low,
    "aria-valuemax": high, onkeydown: turn,
  });
  const press = (sign, label, by) =>
    button(sign, () => step(by), { tabindex: -1, "aria-label": label });
  const [less, more] = [press("−", `less ${name}`, -1), press("+", `more ${name}`, 1)];
  let current;

  function set(next) {
    current = clamp(next, low, high);
    shown.textContent = shown.ariaValueNow = current;
    less.ariaDisabled = current === low;
    more.ariaDisabled = current === high;
  }

  function step(by) {
    set(current + by);
    change(current);
  }

  function turn(event) {
    if (!turns[event.key]) return;
    event.preventDefault();
    step(turns[event.key]);
  }

  set(value);
  const parts = [h("span", {}, name), less, shown, more];
  return { node: h("span", { role: "group", "aria-label": name }, ...parts), set };
}

// A stepper for each name in `limits`, { name: [low, high] }; `change` gets { name: value }.
function steppers(limits, values, change) {
  const made = Object.entries(limits).map(([name, [low, high]]) =>
    [name, stepper(name, low, high, values[name], (value) => change({ [name]: value }))]);
  return {
    nodes: made.map(([, { node }]) => node),
    set: (news) => made.forEach(([name, { set }]) => set(news[name])),
  };
}

// A button that plays: it begins, then goes on every `ms` milliseconds, until `pause` is called or
// the figure is taken off the page. While it plays, `status` isn't read aloud.
function player(ms, status, begin, next) {
  let timer;
  const node = button("Play", () => (timer ? pause() : play()));

  function play() {
    timer = setInterval(() => (node.isConnected ? next() : pause()), ms);
    node.textContent = "Pause";
    status.ariaLive = "off";
    begin();
  }

  function pause() {
    clearInterval(timer);
    timer = undefined;
    node.textContent = "Play";
    status.ariaLive = "polite";
  }

  return { node, pause };
}

// --- The page ---

// A link whose address, #name-code, holds the state of a figure: `set(code)` writes it, without a
// code there is no link. `take(code)` is called when the page's address is for this figure, at once
// and when it changes, and says whether it could read it; the figure then comes into view. The
// first such figure of a page owns #name-…, the next one #name1-….
function linkTo(name, what, take) {
  const others = document.querySelectorAll(`.cnn-link[data-name="${name}"]`).length;
  const prefix = `#${name}${others || ""}-`;
  const node = h("a", { class: "cnn-link", "data-name": name }, `Link to this ${what}`);
  const set = (code) => {
    node.hidden = code === undefined;
    node.href = prefix + code;
  };
  const show = () => node.closest(".cnn-figure").scrollIntoView();
  const follow = () => {
    const { hash } = location;
    if (!hash.startsWith(prefix) || [prefix, node.hash].includes(hash)) return;
    if (take(hash.slice(prefix.length))) whenRead(show);
  };
  addEventListener("hashchange", follow);
  queueMicrotask(follow); // when the figure is on the page
  return { node, set };
}

// Once the whole page has been read; the figures are built before.
function whenRead(act) {
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", act);
  else act();
}

// Build the live figure wherever this page shows it; the first one can be linked to.
function mount(key, build, data) {
  for (const root of document.querySelectorAll(`[data-figure="${key}"]:not([data-live])`)) {
    root.dataset.live = "";
    if (!document.getElementById(`figure-${key}`)) root.id = `figure-${key}`;
    root.replaceChildren(root.querySelector("style"), ...build(data));
  }
}
