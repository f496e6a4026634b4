/* What a listening test asks, in which order, and what it writes.
 *
 * The columns are those of `evaluation/listening.py`.
 */
const HEARD_S = 2; // a clip counts as heard after 2 s, or at its end
const COLUMNS = ["test", "listener", "trial", "kind", "question", "a", "b",
  "truth", "answer", "plays", "seconds"];
const KINDS = {
  real: {
    ask: "Which one is the real piece?",
    answers: { a: "A is the real one", b: "B is the real one" },
  },
  prefer: {
    ask: "Which one do you like better?",
    answers: { a: "I prefer A", b: "I prefer B" },
  },
  abx: {
    ask: "X is the same as A or as B. Which one is it?",
    answers: { a: "X is A", b: "X is B" },
  },
};

function randomWord() {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}

/* Uniform numbers in [0, 1) from a seed: mulberry32 of Tommy Ettinger. */
function uniform(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/* A short name for a text: 32-bit FNV-1a. */
function digest(text) {
  let hash = 0x811c9dc5;
  for (const char of text) {
    hash = Math.imul(hash ^ char.codePointAt(0), 0x01000193);
  }
  return (hash >>> 0).toString(16);
}

/* How often guessing gives at least k right of n: sum of C(n, i) / 2^n. */
function guessing(k, n) {
  let term = 0.5 ** n; // i = 0
  let sum = k <= 0 ? term : 0;
  for (let i = 1; i <= n; i += 1) {
    term *= (n - i + 1) / i;
    if (i >= k) sum += term;
  }
  return Math.min(sum, 1);
}

/* Shuffle the trials, and which clip is A, and which of them X is. */
function plan(trials, seed) {
  const draw = uniform(seed);
  const order = trials.map((_, i) => i);
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = Math.floor(draw() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order.map((index) => {
    const trial = trials[index];
    const swap = draw() < 0.5;
    const clips = { a: trial.clips[+swap], b: trial.clips[+!swap] };
    const is = { a: trial.labels[+swap], b: trial.labels[+!swap] };
    const x = draw() < 0.5 ? "a" : "b";
    let truth = "";
    if (trial.kind === "abx") truth = x;
    if (trial.kind === "real") truth = is.a === "real" ? "a" : "b";
    if (trial.kind === "abx") clips.x = clips[x];
    return { kind: trial.kind, question: trial.question, clips, is, truth };
  });
}

/* The rows as text: the names of the columns, then a line an answer. */
function csv(rows) {
  const quote = (value) => {
    const text = String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [COLUMNS, ...rows.map((row) => COLUMNS.map((c) => row[c]))];
  return lines.map((line) => `${line.map(quote).join(",")}\r\n`).join("");
}
