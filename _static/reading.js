// What a page does while it is read: folded parts that open when they are linked to, quizzes that
// count, paper that is always light, and only those stops of the Tab key that lead somewhere.

// A link to a solution, or to anything inside a folded part, opens it.
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let part = target; part; part = part.parentElement) {
    if (part.localName === "details") part.open = true;
    if (part.matches(".toggle-hidden")) part.querySelector(".toggle-button").click();
  }
  target.scrollIntoView();
}

// The first answer that is opened to a question counts.
function count(quiz) {
  const verdicts = new Map();
  const answers = [...quiz.querySelectorAll("details")];
  const questions = new Set(answers.map((answer) => answer.name)).size;
  const score = document.createElement("p");
  score.className = "quiz-score";
  score.setAttribute("role", "status");
  quiz.append(score);
  answers.forEach((answer) => answer.addEventListener("toggle", () => {
    if (!answer.open || printing || verdicts.has(answer.name)) return;
    verdicts.set(answer.name, answer.classList.contains("right"));
    const right = [...verdicts.values()].filter(Boolean).length;
    score.textContent = `${right} of ${verdicts.size} right at the first try`
      + (verdicts.size < questions ? `, ${questions - verdicts.size} to go` : "");
  }));
}

// The answers to a question are one stop of the Tab key, between which the arrow keys move, as they
// do between radio buttons.
function walk(quiz) {
  const summaries = [...quiz.querySelectorAll("summary")];
  const name = (summary) => summary.parentElement.name;
  for (const summary of summaries) {
    const question = summaries.filter((other) => name(other) === name(summary));
    summary.tabIndex = summary === question[0] ? 0 : -1;
    summary.setAttribute("aria-keyshortcuts", "ArrowUp ArrowDown");
    summary.addEventListener("focus", () => {
      question.forEach((other) => { other.tabIndex = other === summary ? 0 : -1; });
    });
    summary.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      question.at((question.indexOf(summary) + step) % question.length).focus();
    });
  }
}

// What stands together is one stop of the Tab key, which leads out of it: the buttons and numbers in
// a bar of a figure, the parts of a sum, the layers of a network, the folds of a cell. The arrow keys
// lead from one to the next, but for those that the part needs itself.
const together = {
  ".cnn-bar": "button:not(output + button, :has(+ output)), [role='spinbutton']",
  ".chips": "button",
  ".cnn-sizes": "th > button",
  ".cell": ".hide > summary",
};

// All that stands together with an element.
function mates(element) {
  for (const [group, parts] of Object.entries(together)) {
    const whole = element.matches(parts) && element.closest(group);
    if (whole) return [...whole.querySelectorAll(parts)];
  }
  return [];
}

// While one of them has the focus, the others are left out.
function keepTogether() {
  for (const bar of document.querySelectorAll(".cnn-bar:not([role])")) {
    if (bar.querySelectorAll(together[".cnn-bar"]).length > 1) bar.role = "toolbar";
  }
  document.addEventListener("focusin", ({ target }) => mates(target).forEach((mate) => {
    mate.tabIndex = mate === target ? 0 : -1;
  }));
  document.addEventListener("focusout", ({ target }) => mates(target).forEach((mate) => {
    mate.tabIndex = 0;
  }));
  document.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const all = mates(event.target).filter((mate) => mate.checkVisibility());
    if (!step || event.defaultPrevented || all.length < 2) return;
    event.preventDefault();
    all.at((all.indexOf(event.target) + step) % all.length).focus();
  });
}

// A section that links to a place again and again has one stop for it.
function skipRepeats() {
  for (const section of document.querySelectorAll("section:has(> h2)")) {
    const seen = new Set();
    for (const link of section.querySelectorAll("a.reference:not([tabindex])")) {
      if (seen.has(link.href)) link.tabIndex = -1;
      seen.add(link.href);
    }
  }
}

// On paper the page is light, and every answer open: those of a quiz, of which the screen shows one
// at a time, and those that a reader was to predict.
let printing = null;

function beforePrint() {
  const answers = [...document.querySelectorAll(".quiz details, details.below-input")];
  printing = {
    theme: document.documentElement.dataset.theme,
    answers: answers.map((answer) => ({ answer, name: answer.name, open: answer.open })),
  };
  document.documentElement.dataset.theme = "light";
  answers.forEach((answer) => { answer.name = ""; });
  answers.forEach((answer) => { answer.open = true; });
}

function afterPrint() {
  document.documentElement.dataset.theme = printing.theme;
  printing.answers.forEach(({ answer, open }) => { answer.open = open; });
  printing.answers.forEach(({ answer, name }) => { answer.name = name; });
  // The answers tell that they have been opened only after this task.
  setTimeout(() => { printing = null; });
}

window.addEventListener("beforeprint", beforePrint);
window.addEventListener("afterprint", afterPrint);
window.addEventListener("hashchange", reveal);
window.addEventListener("load", () => {
  for (const quiz of document.querySelectorAll(".quiz")) {
    count(quiz);
    walk(quiz);
  }
  // The list of contents leads to the same places, the notebook holds the same code, and a solution
  // stands below its exercise.
  const skipped = "a.headerlink, button.copybtn, .solution > .admonition-title > .reference";
  document.querySelectorAll(skipped).forEach((it) => { it.tabIndex = -1; });
  skipRepeats();
  keepTogether();
  reveal();
});
