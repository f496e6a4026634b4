/* Parts of a listening test that only show something. */

/* Which keys do what. */
function keysText(kind) {
  const key = (name) => make("kbd", {}, name);
  const plays = kind === "abx"
    ? [key("A"), " ", key("B"), " ", key("X")] : [key("A"), " ", key("B")];
  return ["Keys, while the focus is in this box: ", ...plays,
    " play a clip or stop it, ", key("space"), " (not on a button) ",
    "stops or repeats the last one, ", key("1"), " ", key("2"),
    " answer."];
}

/* Two presses, so that nothing is deleted by a slip. */
function deleteButton(forget) {
  const text = "Delete my answers";
  const button = make("button", { type: "button" }, text);
  button.addEventListener("click", () => {
    if (button.textContent === text) {
      button.textContent = "Press again to delete and start anew";
    } else forget();
  });
  button.addEventListener("blur", () => {
    button.textContent = text;
  });
  return make("div", { class: "row" }, button);
}

/* One sentence for each kind of question that was asked. */
function summary(rows) {
  const texts = [];
  const judged = rows.filter((row) => row.truth);
  if (judged.length) {
    const right = judged.filter((row) => row.answer === row.truth).length;
    const share = 100 * guessing(right, judged.length);
    texts.push(`${right} of ${judged.length} right. Who guesses does at `
      + `least as well in ${share.toFixed(1)} % of all such tests.`);
  }
  const liked = new Map();
  const asked = rows.filter((row) => row.kind === "prefer");
  for (const row of asked) {
    liked.set(row[row.answer], (liked.get(row[row.answer]) ?? 0) + 1);
  }
  if (liked.size) {
    const counts = [...liked].map(([label, n]) => `${label} ${n}`);
    texts.push(`Of ${asked.length} you preferred: ${counts.join(", ")}.`);
  }
  return texts;
}

/* What was what, in the order in which it was heard. */
function table(rows) {
  const head = ["No.", "Question", "A was", "B was", "X was", "You said",
    "Result"];
  const cells = (row) => {
    const x = row.kind === "abx" ? row.truth.toUpperCase() : "-";
    let result = "-";
    if (row.truth) result = row.answer === row.truth ? "right" : "wrong";
    return [row.trial, row.question, row.a, row.b, x,
      row.answer.toUpperCase(), result];
  };
  const line = (tag, texts, extra = {}) => make("tr", {},
    ...texts.map((text) => make(tag, extra, String(text))));
  return make("table", {}, make("caption", {}, "What was what"),
    make("thead", {}, line("th", head, { scope: "col" })),
    make("tbody", {}, ...rows.map((row) => line("td", cells(row)))));
}
