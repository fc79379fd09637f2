// The state of a figure as the text of an address: parts joined by "_", each a number, a name, or
// rows of numbers, 1,0;0,-1. A part can be left out where it is as it was given.

const write = (...parts) => parts.map((part) =>
  (Array.isArray(part) ? part.join(";") : `${part}`.replaceAll(" ", "+"))).join("_")
  .replace(/_+$/, "");
const unlessGiven = (part, given) => (`${part}` === `${given}` ? "" : part);

// The parts, each by its reader; undefined if there are others, or one that its reader refuses.
function read(code, ...readers) {
  const texts = code.split("_");
  const parts = readers.map((reader, n) => reader(texts[n] ?? ""));
  return texts.length > readers.length || parts.includes(undefined) ? undefined : parts;
}

const realIn = ([low, high]) => (text) =>
  (text && low <= text && text <= high ? Number(text) : undefined);
const wholeIn = (limits) => (text) => (/^\d+$/.test(text) ? realIn(limits)(text) : undefined);
const nameIn = (names) => (text) => names.find((name) => name.replaceAll(" ", "+") === text);
const optional = (reader, given) => (text) => (text ? reader(text) : given);

// Rows of this size; of any, if it is left out.
const rowsOf = (size) => (text) => {
  const found = text.split(";").map((row) => row.split(",").map((v) => (v ? Number(v) : NaN)));
  const [height, width] = size ?? shape(found);
  const fits = found.length === height && found.every((row) => row.length === width);
  return fits && found.flat().every(Number.isFinite) ? found : undefined;
};

const isPlace = ([i, j], [height, width]) =>
  range(height).includes(i) && range(width).includes(j);
