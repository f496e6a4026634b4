/* A composed piece, seen and in words. */
const NAMES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#",
  "B"];
const LOW = 36; // C2; the picture shows four octaves, or more
const HIGH = 84; // C6

function pitchName(pitch) {
  return NAMES[pitch % 12] + (Math.floor(pitch / 12) - 1);
}

function count(number, thing) {
  return `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`;
}

/* What was composed, and how fast. */
function summary(piece, figures) {
  const made = newNotes(piece);
  const bars = Math.floor(piece.nSteps / piece.barSteps) - piece.openingBars;
  const { events, seconds, stopped } = figures;
  const rate = Math.round(events / seconds);
  const range = made.length ? ` from ${pitchName(lowest(made))} to `
    + pitchName(highest(made)) : "";
  return `${stopped ? "Stopped after" : "Composed"} ${count(bars, "bar")}: `
    + `${count(made.length, "note")}${range}. ${count(events, "event")} in `
    + `${seconds.toFixed(2)} s, ${count(rate, "event")} per second.`;
}

function newNotes(piece) {
  const first = piece.openingBars * piece.barSteps;
  return piece.notes.filter((note) => note.start >= first);
}

function lowest(notes) {
  return Math.min(...notes.map((note) => note.pitch));
}

function highest(notes) {
  return Math.max(...notes.map((note) => note.pitch));
}

/* One line a bar: what begins in it, in order, the high note first. */
function barsInWords(piece) {
  const bars = Array.from(
    { length: Math.ceil(piece.nSteps / piece.barSteps) }, () => new Map(),
  );
  for (const { start, pitch } of piece.notes) {
    const bar = bars[Math.floor(start / piece.barSteps)];
    bar.set(start, [...bar.get(start) ?? [], pitchName(pitch)]);
  }
  return bars.map((bar, i) => make("li", {},
    i < piece.openingBars ? "Opening: " : "",
    [...bar.values()].map((names) => names.join(" ")).join(", ")
      || "nothing begins"));
}

function shapeOf(tag, attributes) {
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    drawn.setAttribute(name, value);
  }
  return drawn;
}

/* Draw the notes; `steps` is how many sixteenths the picture has. */
function drawRoll(picture, piece, steps) {
  const low = Math.min(LOW, lowest(piece.notes));
  const rows = Math.max(HIGH, highest(piece.notes)) + 1 - low;
  const first = piece.openingBars * piece.barSteps;
  picture.setAttribute("viewBox", `0 0 ${steps} ${rows}`);
  const shapes = [];
  for (let step = 0; step <= steps; step += piece.barSteps) {
    const line = { x1: step, x2: step, y1: 0, y2: rows, class: "bar" };
    shapes.push(shapeOf("line", line));
  }
  for (const { pitch, start, end } of piece.notes) {
    shapes.push(shapeOf("rect", {
      x: start, y: low + rows - 1 - pitch, width: end - start, height: 1,
      class: start < first ? "given" : "made",
    }));
  }
  const cursor = { x1: 0, x2: 0, y1: 0, y2: rows, class: "cursor" };
  picture.replaceChildren(...shapes, shapeOf("line", cursor));
}
