// The search for sections: the words of a text, the ranking of the sections, the lists that show
// it, and the words found on a page. _ext/search.py writes the sections into sections.js, which is
// loaded when a reader begins to search.

const bookSearch = (() => {
  "use strict";

  // --- Words ----------------------------------------------------------------------------------

  const RUN = /\p{Script=Han}+|[\p{Script=Latin}\p{Script=Greek}\p{N}_]+/gu;
  const CHINESE = /\p{Script=Han}/u;
  const COMMON = new Set(
    ("a an and are as at be by do does for from how i in is it of on or the to too what when why "
      + "with").split(" "),
  );
  const ENDING = new RegExp(
    "^(.{3,}?)(at(e|ed|es|ing|ions?)|ional|ions?|ings?|[ae]n(ces?|ts?)|ed|es|e|(?<!ia)s)$",
  );

  // Close forms of a word are one: plurals, -ing and -ed, British and American spelling.
  function stem(word) {
    const spelled = word.toLowerCase().replace(/our/g, "or").replace(/z/g, "s");
    return spelled.replace(ENDING, "$1").replace(/(.)\1$/, "$1");
  }

  // Chinese has no spaces between words: each two characters beside each other are one.
  function pairs(run, start) {
    return Array.from({ length: Math.max(run.length - 1, 1) }, (_, i) => {
      const word = run.slice(i, i + 2);
      return { word, start: start + i, end: start + i + word.length };
    });
  }

  // The words of a text with their places. Two that a hyphen or × joins are one word more:
  // "over-fitting" is "overfitting" too, and "1 × 1" is "1x1".
  function words(text) {
    const found = [];
    let before = { run: "", start: 0, end: 0 };
    for (const { 0: run, index: start } of text.matchAll(RUN)) {
      const end = start + run.length;
      if (CHINESE.test(run)) found.push(...pairs(run, start));
      else found.push({ word: stem(run), start, end });
      const joint = { "-": "", "×": "x" }[text.slice(before.end, start).trim()];
      if (before.run && joint !== undefined)
        found.push({ word: stem(before.run + joint + run), start: before.start, end });
      before = { run, start, end };
    }
    return found.filter(({ word }) => !COMMON.has(word));
  }

  const distinct = (text) => [...new Set(words(text).map(({ word }) => word))];

  // What readers ask for by another word than that of a title.
  const ALSO = new Map([
    ["backward", "backpropagation"],
    ["derivative", "backpropagation"],
    ["gradient", "backpropagation"],
    ["large", "limit"],
    ["needed", "without"],
    ["norm", "normalisation"],
  ].map((pair) => pair.map(stem)));

  // --- Ranking --------------------------------------------------------------------------------

  // What a word counts, against one in the text, where it is in the title, and where an entry
  // introduces a term. What only repeats the chapters or looks things up stays below them.
  const TITLE = 5;
  const TERM = 5.3;
  const ASIDE = 0.5;
  const FORMULA = stem("formula");

  let entries = [];
  const holders = new Map(); // word -> number of the entries that hold it

  const unnumbered = (title) => title.replace(/^[\d.]+ /, "");

  function begin(list) {
    entries = list.map((entry) => {
      const path = [...entry.path.slice(-1), entry.title].map(unnumbered).join(" ");
      const counts = new Map([[FORMULA, entry.formulas]]);
      for (const { word } of words(entry.text)) counts.set(word, (counts.get(word) ?? 0) + 1);
      const titles = [...entry.titles, path].map(distinct);
      return { ...entry, titles, terms: entry.terms.map(distinct), counts };
    });
    for (const { titles, terms, counts } of entries)
      for (const word of new Set([...titles.flat(), ...terms.flat(), ...counts.keys()]))
        holders.set(word, (holders.get(word) ?? 0) + 1);
  }

  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  const rarity = (word) => Math.log((entries.length + 1) / holders.get(word));
  const worth = (forms) => Math.min(...forms.map(rarity));

  // Each word that is asked for, as a list of those that answer it: one that the book does not have
  // stands for all that begin with it, such as "backprop".
  function asked(question) {
    const longer = (word) => [...holders.keys()].filter((other) => other.startsWith(word));
    const forms = (word) => (holders.has(word) ? [word] : word.length > 2 ? longer(word) : []);
    const answers = (word) => (ALSO.has(word) ? [...forms(word), ALSO.get(word)] : forms(word));
    return distinct(question).map(answers).filter((list) => list.length);
  }

  // What a name has in common with the question, times the share that this is of both.
  function likeness(name, query) {
    const common = query.filter((forms) => forms.some((word) => name.includes(word)));
    const both = sum(name.map(rarity)) + sum(query.map(worth));
    return both && (2 * sum(common.map(worth)) ** 2) / both;
  }

  function score(entry, query) {
    const best = (names) => Math.max(0, ...names.map((name) => likeness(name, query)));
    const inText = query.map((forms) => {
      const count = Math.max(...forms.map((word) => entry.counts.get(word) ?? 0));
      return (worth(forms) * count) / (count + 1);
    });
    const inName = Math.max(TITLE * best(entry.titles), TERM * best(entry.terms));
    return (inName + sum(inText)) * (entry.taught ? 1 : ASIDE);
  }

  function rank(question) {
    const query = asked(question);
    const scored = entries.map((entry) => ({ entry, points: score(entry, query) }));
    const found = scored.filter(({ points }) => points > 0);
    return found.sort((a, b) => b.points - a.points).map(({ entry }) => entry);
  }

  // --- Lists ----------------------------------------------------------------------------------

  const SHOWN = 20;
  const EXCERPT = 200; // characters
  const root = document.documentElement.dataset.content_root;

  function element(name, attributes = {}, ...children) {
    const made = Object.assign(document.createElement(name), attributes);
    made.append(...children);
    return made;
  }

  // Where a text has the words that are asked for, or longer ones that begin with them.
  function places(text, asked) {
    const meant = ({ word }) =>
      asked.some((start) => word === start || (start.length > 3 && word.startsWith(start)));
    const found = [];
    for (const place of words(text).filter(meant).sort((a, b) => a.start - b.start)) {
      const last = found.at(-1);
      if (last && place.start < last.end) last.end = Math.max(last.end, place.end);
      else found.push(place);
    }
    return found;
  }

  // The sentence with most of the words that are asked for, and what follows in its paragraph.
  function excerpt(text, asked) {
    const sentences = text.split("\n").flatMap((line) => {
      const starts = [...line.matchAll(/(?:^|[.!?] |[。！？])(?=\S)/g)];
      return starts.map((match) => line.slice(match.index + match[0].length));
    });
    const held = (text) =>
      new Set(places(text.slice(0, EXCERPT), asked).map(({ word }) => word)).size;
    const best = sentences.reduce((a, b) => (held(b) > held(a) ? b : a), sentences[0] ?? "");
    return best.length > EXCERPT ? `${best.slice(0, EXCERPT).replace(/\s+\S*$/, "")} …` : best;
  }

  function marked(text, asked) {
    const parts = [];
    let end = 0;
    for (const place of places(text, asked)) {
      parts.push(text.slice(end, place.start));
      parts.push(element("mark", {}, text.slice(place.start, place.end)));
      end = place.end;
    }
    return [...parts, text.slice(end)];
  }

  function item(entry, question) {
    const [page, anchor] = entry.address.split("#");
    const asked = distinct(question);
    const href = `${root}${page}?q=${encodeURIComponent(question)}#${anchor}`;
    const link = element("a", { href }, ...marked(entry.title, asked));
    link.addEventListener("click", () => link.closest("dialog")?.close());
    const path = element("span", { className: "search-path" }, entry.path.join(" › "));
    const text = element("p", {}, ...marked(excerpt(entry.text, asked), asked));
    return element("li", {}, link, path, text);
  }

  function said(question, count) {
    if (!question) return "";
    if (!count) return `No section found for “${question}”.`;
    if (count === 1) return "One section found.";
    return `${count} sections found${count > SHOWN ? `, the first ${SHOWN} shown` : ""}.`;
  }

  // One script tag, however many fields there are; a page from a file could not fetch it.
  let loading = null;
  function load() {
    loading ??= new Promise((resolve) => {
      const script = element("script", { src: `${root}_static/sections.js`, onload: resolve });
      document.head.append(script);
    });
    return loading;
  }

  function connect(form) {
    const input = form.querySelector("input");
    const found = form.nextElementSibling;
    const links = () => [...found.querySelectorAll("a")];

    async function show() {
      await load();
      const question = input.value.trim();
      const list = rank(question);
      found.querySelector("[role=status]").textContent = said(question, list.length);
      found.querySelector("ol").replaceChildren(
        ...list.slice(0, SHOWN).map((entry) => item(entry, question)),
      );
    }

    input.addEventListener("focus", load);
    input.addEventListener("input", show);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      await show();
      links()[0]?.click();
    });
    form.parentElement.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const stops = [input, ...links()];
      stops[stops.indexOf(document.activeElement) + step]?.focus();
    });
    return show;
  }

  // --- The page -------------------------------------------------------------------------------

  // Marks the words that led here, in the section that the address names, until Escape.
  function highlight(question) {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !CSS.highlights) return;
    const asked = distinct(question);
    const ranges = [];
    const scope = target.matches("dt") ? [target, target.nextElementSibling] : [target];
    for (const part of scope) {
      const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const node = texts.currentNode;
        if (node.parentElement.closest("script, style, math, .math, .headerlink")) continue;
        for (const { start, end } of places(node.data, asked)) {
          const range = document.createRange();
          range.setStart(node, start);
          range.setEnd(node, end);
          ranges.push(range);
        }
      }
    }
    CSS.highlights.set("search", new Highlight(...ranges));
    document.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") CSS.highlights.delete("search");
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const shows = [...document.querySelectorAll("form.bd-search")].map(connect);
    const question = new URLSearchParams(location.search).get("q");
    const field = document.querySelector("main form.bd-search input");
    if (field) {
      field.value = question ?? "";
      field.focus();
      if (question) shows.at(-1)();
    } else if (question) highlight(question);
  });

  // The theme scrolls the sidebar to where it was on another page; it need only show this page.
  window.addEventListener("load", () => {
    const wide = window.matchMedia("(min-width: 992px)").matches;
    const entry = document.querySelector(".bd-docs-nav a.current");
    if (!wide || !entry) return;
    entry.closest(".bd-sidebar-primary").scrollTop = 0;
    entry.scrollIntoView({ block: "nearest" });
  });

  return { begin, load, rank };
})();
