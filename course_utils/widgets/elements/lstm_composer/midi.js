/* Notes as a MIDI file, and as sound. */
const TICKS = 120; // of a sixteenth
const ATTACK_S = 0.01;
const RELEASE_S = 0.08;
const LEVEL = 0.1; // of one note; five at once stay below full scale

/* A number in groups of seven bits, all but the last one marked. */
function variable(number) {
  const bytes = [number & 0x7f];
  while ((number >>= 7) > 0) bytes.unshift((number & 0x7f) | 0x80);
  return bytes;
}

function bigEndian(number, length) {
  return Array.from({ length }, (_, i) =>
    (number >>> (8 * (length - 1 - i))) & 0xff);
}

/* The bytes of a file with one track. A piece: {notes, meter, qpm, nSteps};
 * its notes have a velocity. */
function midiFile(piece) {
  const [numerator, denominator] = piece.meter;
  const microseconds = Math.round(60e6 / piece.qpm);
  const events = piece.notes.flatMap(({ pitch, start, end, velocity }) => [
    { step: start, order: 1, bytes: [0x90, pitch, velocity] },
    { step: end, order: 0, bytes: [0x80, pitch, 0] }, // ends come first
  ]).sort((a, b) => a.step - b.step || a.order - b.order);
  const track = [
    0, 0xff, 0x51, 3, ...bigEndian(microseconds, 3),
    0, 0xff, 0x58, 4, numerator, Math.log2(denominator), 24, 8,
  ];
  let now = 0;
  for (const { step, bytes } of events) {
    track.push(...variable((step - now) * TICKS), ...bytes);
    now = step;
  }
  track.push(...variable((piece.nSteps - now) * TICKS), 0xff, 0x2f, 0);
  return Uint8Array.from([
    ...[..."MThd"].map((c) => c.charCodeAt(0)), 0, 0, 0, 6, 0, 0, 0, 1,
    ...bigEndian(4 * TICKS, 2),
    ...[..."MTrk"].map((c) => c.charCodeAt(0)),
    ...bigEndian(track.length, 4), ...track,
  ]);
}

/* Plays a piece, all notes at one level. */
class Synth {
  #context = null;
  #begun = 0;
  #stepS = 0;

  get plays() {
    return this.#context !== null;
  }

  /* Where it is, in sixteenths. */
  get step() {
    return (this.#context.currentTime - this.#begun) / this.#stepS;
  }

  start(piece, ended) {
    const context = new AudioContext();
    this.#context = context;
    this.#stepS = 15 / piece.qpm;
    this.#begun = context.currentTime + 0.1;
    for (const note of piece.notes) this.#sound(note);
    const end = new ConstantSourceNode(context, { offset: 0 });
    end.connect(context.destination);
    end.addEventListener("ended", () => {
      if (this.#context === context) ended();
    });
    end.start();
    end.stop(this.#begun + piece.nSteps * this.#stepS);
  }

  #sound({ pitch, start, end }) {
    const context = this.#context;
    const frequency = 440 * 2 ** ((pitch - 69) / 12); // Hz
    const from = this.#begun + start * this.#stepS;
    const to = this.#begun + end * this.#stepS;
    const tone = new OscillatorNode(context, { type: "triangle", frequency });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(LEVEL, from + ATTACK_S);
    gain.gain.setValueAtTime(LEVEL, to - RELEASE_S);
    gain.gain.linearRampToValueAtTime(0, to);
    tone.connect(gain).connect(context.destination);
    tone.start(from);
    tone.stop(to);
  }

  stop() {
    this.#context?.close();
    this.#context = null;
  }
}
