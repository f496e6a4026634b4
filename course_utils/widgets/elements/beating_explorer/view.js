/* The pictures of the beating explorer, drawn on canvas. Each gets `pen`:
   the context, the size, and the colours of the page. */

const MARGIN = { left: 52, right: 20, top: 8, bottom: 36 }; // CSS pixels
const N_JOINED = 5; // frames in the picture of the joins
const N_CLOCKS = 16;
const MAX_HZ = 1500;
const FLOOR_DB = -60;

/* Make a canvas ready: sharp on every screen, and empty. */
function penOf(canvas, colours) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.font = "12px sans-serif";
  context.fillStyle = colours.ink;
  return { context, width, height, ...colours };
}

/* Draw axes with units; return the places of values on them. */
function axes(pen, { x, y, xLabel, yLabel, xTicks, yTicks }) {
  const { context, width, height } = pen;
  const right = width - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  const along = (v, [low, high], from, to) =>
    from + (v - low) / (high - low) * (to - from);
  const toX = (v) => along(v, x, MARGIN.left, right);
  const toY = (v) => along(v, y, bottom, MARGIN.top);
  context.strokeStyle = pen.ink;
  context.lineWidth = 1;
  line(context, [[MARGIN.left, MARGIN.top], [MARGIN.left, bottom],
    [right, bottom]]);
  context.textAlign = "center";
  for (const v of xTicks) context.fillText(plain(v), toX(v), bottom + 14);
  context.fillText(xLabel, (MARGIN.left + right) / 2, bottom + 30);
  context.textAlign = "right";
  for (const v of yTicks) {
    context.fillText(plain(v), MARGIN.left - 5, toY(v) + 4);
  }
  context.save();
  context.translate(12, (MARGIN.top + bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(yLabel, 0, 0);
  context.restore();
  return { toX, toY };
}

function line(context, points) {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
}

function dotted(pen, xs, { toX, toY }, [low, high]) {
  const { context } = pen;
  context.save();
  context.strokeStyle = pen.ink;
  context.lineWidth = 1;
  context.setLineDash([1, 3]);
  for (const x of xs) {
    line(context, [[toX(x), toY(low)], [toX(x), toY(high)]]);
  }
  context.restore();
}

/* Round numbers from 0 to an end, at most seven of them. */
function ticks(end) {
  const rough = end / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((s) => s * power >= rough) * power;
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 },
    (_, i) => i * step);
}

/* The first frames of the tone, thick, and of its copy, thin. */
function drawJoins(pen, { tone, copy, stride, sampleRate }) {
  const n = Math.min(N_JOINED * stride, copy.length);
  const y = [-1.5, 1.5];
  const ms = (i) => i / sampleRate * 1000;
  const box = axes(pen, { x: [0, ms(n)], y, xTicks: ticks(ms(n)),
    yTicks: [-1, 0, 1], xLabel: "time (ms)", yLabel: "amplitude" });
  const joins = Array.from({ length: n / stride + 1 },
    (_, t) => ms(t * stride));
  dotted(pen, joins, box, y);
  for (const [sound, colour, thick] of [[tone, pen.tone, 5],
    [copy, pen.copy, 1.5]]) {
    pen.context.strokeStyle = colour;
    pen.context.lineWidth = thick;
    line(pen.context, Array.from(sound.subarray(0, n),
      (v, i) => [box.toX(ms(i)), box.toY(v)]));
  }
}

/* All of the copy: between its lowest and highest sample of each column. */
function drawWhole(pen, { copy, sampleRate }) {
  const end = copy.length / sampleRate;
  const { toX, toY } = axes(pen, { x: [0, end], y: [-1.5, 1.5],
    xTicks: ticks(end), yTicks: [-1, 0, 1], xLabel: "time (s)",
    yLabel: "amplitude" });
  pen.context.fillStyle = pen.copy;
  const columns = Math.floor(toX(end) - toX(0));
  for (let column = 0; column < columns; column++) {
    const part = copy.subarray(Math.floor(column / columns * copy.length),
      Math.ceil((column + 1) / columns * copy.length));
    const top = toY(Math.max(...part));
    pen.context.fillRect(toX(0) + column, top, 1,
      Math.max(toY(Math.min(...part)) - top, 1));
  }
}

/* The phase at the start of each frame as the hand of a clock: up is the
   phase of the first frame, and growing phase turns clockwise. */
function drawClocks(pen, { advance }) {
  const { context } = pen;
  const step = pen.width / N_CLOCKS;
  const radius = 0.4 * step;
  const y = radius + 4;
  context.textAlign = "center";
  for (let t = 0; t < N_CLOCKS; t++) {
    const x = (t + 0.5) * step;
    context.strokeStyle = pen.ink;
    context.lineWidth = 1;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
    context.strokeStyle = pen.copy;
    context.lineWidth = 3;
    line(context, [[x, y], [x + radius * Math.sin(t * advance),
      y - radius * Math.cos(t * advance)]]);
    context.fillText(String(t), x, y + radius + 15);
  }
  context.fillText("frame", pen.width / 2, y + radius + 32);
}

/* The spectra, in dB below the strongest frequency of the tone. */
function drawLines(pen, { tone, copy, frameRate, sampleRate }) {
  const y = [FLOOR_DB, 5];
  const box = axes(pen, { x: [0, MAX_HZ], y, xTicks: ticks(MAX_HZ),
    yTicks: [-60, -40, -20, 0], xLabel: "frequency (Hz)",
    yLabel: "level (dB)" });
  const lines = Array.from({ length: Math.floor(MAX_HZ / frameRate) + 1 },
    (_, k) => k * frameRate);
  dotted(pen, lines, box, y);
  const tones = spectrum(tone.subarray(0, copy.length));
  const loudest = tones.reduce((a, b) => Math.max(a, b));
  for (const [levels, colour, thick] of [[tones, pen.tone, 5],
    [spectrum(copy), pen.copy, 1.5]]) {
    const stepHz = sampleRate / 2 / (levels.length - 1);
    pen.context.strokeStyle = colour;
    pen.context.lineWidth = thick;
    line(pen.context, Array.from(
      levels.subarray(0, Math.floor(MAX_HZ / stepHz) + 1), (level, k) => {
        const dB = 20 * Math.log10(level / loudest + 1e-9);
        return [box.toX(k * stepHz), box.toY(Math.max(dB, FLOOR_DB))];
      }));
  }
}

const PICTURES = [
  { draw: drawJoins, height: 170, text: "The first five frames: the tone "
    + "(thick, grey) and its copy (thin, in colour). Dotted: where a frame "
    + "ends and the next begins." },
  { draw: drawClocks, height: 0, text: "The phase of the tone at the start "
    + "of each frame, as the hand of a clock. It stands still if whole "
    + "cycles fit." },
  { draw: drawWhole, height: 140, text: "The whole copy. A flat band is a "
    + "steady sound; a band that swells and shrinks beats." },
  { draw: drawLines, height: 190, text: "Spectra of the tone (thick, grey) "
    + "and of the copy (thin, in colour); 0 dB is the peak of the tone. "
    + "Dotted: the multiples of the frame rate." },
];
