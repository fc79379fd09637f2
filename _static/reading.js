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

// On paper the page is light and every answer of a quiz open.
let printing = null;

function beforePrint() {
  const closed = [...document.querySelectorAll(".quiz details:not([open])")];
  printing = { theme: document.documentElement.dataset.theme, closed, open: new Map() };
  document.documentElement.dataset.theme = "light";
  for (const answer of document.querySelectorAll(".quiz details")) {
    printing.open.set(answer, answer.name);
    answer.removeAttribute("name");
    answer.open = true;
  }
}

function afterPrint() {
  document.documentElement.dataset.theme = printing.theme;
  printing.closed.forEach((answer) => { answer.open = false; });
  printing.open.forEach((name, answer) => { answer.name = name; });
  // The answers tell that they have been opened only after this task.
  setTimeout(() => { printing = null; });
}

window.addEventListener("beforeprint", beforePrint);
window.addEventListener("afterprint", afterPrint);
window.addEventListener("hashchange", reveal);
window.addEventListener("load", () => {
  document.querySelectorAll(".quiz").forEach(count);
  // The list of contents leads to the same places, and the notebook holds the same code.
  document.querySelectorAll("a.headerlink, button.copybtn").forEach((it) => { it.tabIndex = -1; });
  reveal();
});
