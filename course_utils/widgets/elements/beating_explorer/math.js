/* What chapter 11 computes, in the page: the same numbers as Python's
   `widgets/beating_copies.py`. Frequencies in Hz, a stride in samples.

   T frames, W samples of a frame (the stride). */

/* Round as Python does: a half goes to the even neighbour. */
function roundEven(x) {
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/* How a tone stands to the frames of a layer. */
function precession(fHz, stride, sampleRate) {
  const frameRate = sampleRate / stride;
  const line = roundEven(fHz / frameRate) * frameRate;
  const advance = 2 * Math.PI * (fHz - line) / frameRate;
  return { frameRate, line, advance, beats: 2 * Math.abs(fHz - line) };
}

/* A wave, sine or cosine. */
function wave(shape, fHz, n, sampleRate) {
  return Float64Array.from({ length: n },
    (_, i) => shape(2 * Math.PI * fHz * i / sampleRate));
}

function toneOf(fHz, durationS, sampleRate) {
  return wave(Math.sin, fHz, roundEven(durationS * sampleRate), sampleRate);
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/* x a + y b */
function mixed(x, a, y, b) {
  return a.map((value, i) => x * value + y * b[i]);
}

function unit(a) {
  const scale = 1 / Math.sqrt(dot(a, a));
  return a.map((value) => value * scale);
}

/* The best pieces of a tone, the most useful first. Whatever its phase, a
   frame is a mixture of one sine and one cosine. So all frames lie in a
   plane, and the singular value decomposition is a turn in this plane: to
   the direction in which the frames, as points, spread most. */
function bestPieces(frames, fHz, sampleRate) {
  const stride = frames[0].length;
  const across = unit(wave(Math.sin, fHz, stride, sampleRate));
  const cosine = wave(Math.cos, fHz, stride, sampleRate);
  const up = unit(mixed(1, cosine, -dot(cosine, across), across));
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (const frame of frames) {
    const x = dot(frame, across);
    const y = dot(frame, up);
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [mixed(c, across, s, up), mixed(-s, across, c, up)];
}

function meanOf(frames) {
  const mean = new Float64Array(frames[0].length);
  for (const frame of frames) {
    for (let i = 0; i < mean.length; i++) mean[i] += frame[i] / frames.length;
  }
  return mean;
}

/* The copy of a tone: all its whole frames, made of pieces. */
function copyOf(kind, tone, fHz, stride, sampleRate) {
  const frames = Array.from({ length: Math.floor(tone.length / stride) },
    (_, t) => tone.subarray(t * stride, (t + 1) * stride));
  let made;
  if (kind === "first") made = () => frames[0];
  else if (kind === "steady") {
    const mean = meanOf(frames);
    made = () => mean;
  } else {
    const [first, second] = bestPieces(frames, fHz, sampleRate);
    made = (frame) => mixed(dot(frame, first), first,
      kind === "two" ? dot(frame, second) : 0, second);
  }
  const copy = new Float64Array(frames.length * stride);
  frames.forEach((frame, t) => copy.set(made(frame), t * stride));
  return copy;
}

/* The energy of the error as a share of the energy of the tone. */
function shareLost(tone, copy) {
  const wanted = tone.subarray(0, copy.length);
  const missed = mixed(1, wanted, -1, copy);
  return dot(missed, missed) / dot(wanted, wanted);
}

/* The magnitudes of the spectrum, from 0 Hz to half the sample rate, of a
   sound under a Hann window, with zeros up to a power of two. */
function spectrum(sound) {
  const n = 2 ** Math.ceil(Math.log2(sound.length));
  const re = new Float64Array(n);
  const im = new Float64Array(n);
  const turn = 2 * Math.PI / (sound.length - 1);
  sound.forEach((x, i) => {
    re[i] = x * (1 - Math.cos(turn * i)) / 2;
  });
  transform(re, im);
  return Float64Array.from({ length: n / 2 + 1 },
    (_, k) => Math.hypot(re[k], im[k]));
}

/* The fast Fourier transform, in place; the length is a power of two. */
function transform(re, im) {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) { // reverse the bits of each place
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) [re[i], re[j]] = [re[j], re[i]]; // im is all zeros
  }
  for (let half = 1; half < n; half *= 2) {
    for (let k = 0; k < half; k++) {
      const [c, s] = [Math.cos(Math.PI * k / half),
        -Math.sin(Math.PI * k / half)];
      for (let a = k; a < n; a += 2 * half) {
        const b = a + half;
        const x = c * re[b] - s * im[b];
        const y = c * im[b] + s * re[b];
        re[b] = re[a] - x;
        im[b] = im[a] - y;
        re[a] += x;
        im[a] += y;
      }
    }
  }
}

/* Write a number with at most so many digits after the point. */
function plain(value, digits = 2) {
  const scale = 10 ** digits;
  return String(roundEven(value * scale) / scale || 0); // never "-0"
}

/* What can be said in numbers, with units. */
function facts({ fHz, frameRate, line, advance, beats, lost }) {
  const turns = advance / (2 * Math.PI);
  return {
    "Frames": `${plain(frameRate)} a second, ${plain(1000 / frameRate)} ms`
      + " each",
    "Cycles of the tone in a frame": plain(fHz / frameRate, 3),
    "Turn of the phase per frame": `${plain(turns, 3)} of a whole turn, `
      + `${plain(360 * turns, 1)} degrees`,
    "Nearest line of the frame rate": `${plain(line)} Hz`,
    "Beats of one piece": `${plain(beats)} per second`,
    "Energy of the error": `${plain(100 * lost, 1)} % of the energy of the`
      + " tone",
  };
}

/* The result in words. */
function sentence({ kind, frameRate, beats, lost }) {
  const rate = plain(frameRate);
  const missed = plain(100 * lost, 1);
  if (beats < 2e-9) {
    return "Whole cycles fit into a frame: the phase stands still, and the "
      + "copy is the tone.";
  }
  return {
    first: `The phase turns, the piece does not: the copy repeats ${rate} `
      + `times a second and sounds only at multiples of ${rate} Hz.`,
    steady: "The code stands still, so the copy sounds only at multiples of "
      + `${rate} Hz. It misses ${missed} % of the energy; try other `
      + "durations.",
    one: "One piece has one phase: the copy swells and fades "
      + `${plain(beats)} times a second and misses ${missed} % of the `
      + "energy.",
    two: "Two pieces mix to any phase, so nothing is lost; but the code has "
      + "to turn in every frame.",
  }[kind];
}

/* All of it, for one setting. */
function beatingOf({ fHz, stride, durationS, kind, sampleRate }) {
  const tone = toneOf(fHz, durationS, sampleRate);
  const copy = copyOf(kind, tone, fHz, stride, sampleRate);
  return { fHz, stride, kind, sampleRate, tone, copy,
    ...precession(fHz, stride, sampleRate), lost: shareLost(tone, copy) };
}
