/* <course-quiz>: a few questions about a chapter.
 *
 * What it asks is the content of its tag, written by `widgets/quiz.py`, which
 * a reader without JavaScript reads as it is. Each question is answered once;
 * then the reasons for all its choices are shown. Kept in localStorage, for
 * each question: the text of the choice, so that an answer is forgotten when
 * the choice is no longer offered. STYLE is the text of `quiz/style.css`.
 */

/* Read a question out of the content of the tag. */
function readQuestion(part) {
  const items = (name) => [...part.querySelectorAll(`[${name}] > li`)];
  const reasons = items("data-reasons");
  return {
    id: part.dataset.question,
    ask: part.querySelector("p").textContent,
    choices: items("data-choices").map((item, i) => ({
      text: item.textContent,
      reason: reasons[i].textContent,
      right: reasons[i].hasAttribute("data-right"),
    })),
  };
}

class CourseQuiz extends HTMLElement {
  #questions;
  #given = {}; // id of a question -> the chosen text
  #place; // key in localStorage
  #kept = true; // whether this browser keeps it
  #score;
  #foot;

  connectedCallback() {
    // While the page is still being read, the content comes after this.
    const start = () => this.#start();
    if (document.readyState === "loading") {
      document.addEventListener("DOMContentLoaded", start, { once: true });
    } else queueMicrotask(start);
  }

  #start() {
    if (this.shadowRoot) return;
    const parts = [...this.querySelectorAll("[data-question]")];
    if (!parts.length) return;
    this.#questions = parts.map(readQuestion);
    this.#place = `course-quiz/${this.getAttribute("chapter")}`;
    // JupyterLab must leave the keys to the choices.
    this.setAttribute("data-lm-suppress-shortcuts", "true");
    this.attachShadow({ mode: "open" });
    this.#load();
    this.#draw();
  }

  /* What the reader answered before, as far as it is still offered. */
  #load() {
    let old = null;
    try {
      old = JSON.parse(localStorage.getItem(this.#place));
    } catch {
      this.#kept = false;
    }
    for (const { id, choices } of this.#questions) {
      const text = old?.[id];
      if (choices.some((c) => c.text === text)) this.#given[id] = text;
    }
  }

  #save() {
    try {
      localStorage.setItem(this.#place, JSON.stringify(this.#given));
      this.#kept = true;
    } catch {
      this.#kept = false;
    }
  }

  #draw() {
    this.#score = make("p", { class: "score", role: "status" });
    this.#foot = make("p", { class: "small" });
    const again = make("button", {
      type: "button", onclick: () => this.#again(),
    }, "Start again");
    this.shadowRoot.replaceChildren(
      make("style", {}, STYLE),
      make("section", { "aria-label": "Quiz" },
        ...this.#questions.map((question) => this.#form(question)),
        this.#score, again, this.#foot),
    );
    this.#count();
  }

  #form(question) {
    const name = question.id;
    const rows = question.choices.map((choice, i) => {
      const radio = make("input", {
        type: "radio", name, id: `${name}-${i}`, value: i,
      });
      radio.addEventListener("click", (event) => {
        if (name in this.#given) event.preventDefault(); // it is answered
      });
      return make("div", { class: "choice" }, radio,
        make("label", { for: `${name}-${i}` }, choice.text));
    });
    const verdict = make("p", { class: "verdict", role: "status" });
    const button = make("button", { type: "submit" }, "Check");
    const form = make("form", {
      onsubmit: (event) => {
        event.preventDefault();
        this.#answer(question, form, verdict);
      },
    }, make("fieldset", {}, make("legend", {}, question.ask), ...rows),
    button, verdict);
    if (name in this.#given) this.#reveal(question, form, verdict);
    return form;
  }

  #answer(question, form, verdict) {
    if (question.id in this.#given) return;
    const chosen = question.choices[new FormData(form).get(question.id)];
    if (!chosen) {
      verdict.textContent = "Choose an answer first.";
      return;
    }
    this.#given[question.id] = chosen.text;
    this.#save();
    this.#reveal(question, form, verdict);
    this.#count();
  }

  /* Say what was right. The chosen one's reason is in the verdict, where it
     is read aloud; the others stand under their choices. */
  #reveal(question, form, verdict) {
    const rows = form.querySelectorAll(".choice");
    for (const [i, choice] of question.choices.entries()) {
      const radio = rows[i].querySelector("input");
      radio.setAttribute("aria-disabled", "true");
      rows[i].classList.add(choice.right ? "right" : "wrong");
      if (choice.text === this.#given[question.id]) {
        radio.checked = true;
        verdict.textContent = choice.reason;
      } else {
        const id = `${radio.id}-reason`;
        radio.setAttribute("aria-describedby", id);
        rows[i].append(make("p", { class: "reason", id }, choice.reason));
      }
    }
    const button = form.querySelector("button");
    button.textContent = "Checked";
    button.setAttribute("aria-disabled", "true");
  }

  #count() {
    const done = this.#questions.filter(({ id }) => id in this.#given);
    const right = done.filter(({ id, choices }) => choices.some(
      (c) => c.right && c.text === this.#given[id])).length;
    const left = this.#questions.length - done.length;
    this.#score.textContent = done.length
      ? `Score: ${right} of ${done.length} right`
        + (left ? `, ${left} to go.` : ". That was all.")
      : `${left} questions.`;
    this.#foot.textContent = this.#kept
      ? "Your answers stay in this browser, also when you reload the page."
      : "This browser keeps nothing here: a reload forgets your answers.";
  }

  #again() {
    this.#given = {};
    this.#save();
    this.#draw();
    this.shadowRoot.querySelector("input").focus();
  }
}

customElements.define("course-quiz", CourseQuiz);
