/* Compose event by event, as `recipes/composing.py` composes one take. */
const IS_OVER = 0.5; // probability of END above which a piece is over
const KEY_PULL = 0.5; // how much struck notes lean towards the opening's key
const FEW = 8; // sixteenths that each pitch class is thought to have sounded
const RARE = 0.01; // or this share of all, if that is more

/* Uniform numbers in [0, 1) from a seed: mulberry32 of Tommy Ettinger. */
function uniform(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function softmax(scores) {
  const most = Math.max(...scores);
  const powers = Float64Array.from(scores, (score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/* What is added to the logits, so that struck notes keep the key. */
function lean(events) {
  const notes = events.filter(isNote).map(pitchOf);
  const counts = new Array(12).fill(Math.max(FEW, RARE * notes.length));
  for (const pitch of notes) counts[pitch % 12] += 1;
  const sum = counts.reduce((a, b) => a + b);
  const shares = counts.map((count) => count / sum);
  const pull = shares.map((share) => KEY_PULL * Math.log(share));
  const mean = pull.reduce((sum, x, i) => sum + x * shares[i], 0);
  const added = new Float64Array(N_EVENTS);
  for (let pitch = 0; pitch < N_PITCHES; pitch += 1) {
    added[FIRST_NEW + pitch] = pull[pitch % 12] - mean;
  }
  return added;
}

/* Probabilities to draw from: temperature, then the likeliest events whose
 * probabilities add up to top-p. */
function shape(scores, temperature, topP) {
  const chances = softmax(scores.map((score) => score / temperature));
  const order = [...chances.keys()].filter((event) => chances[event] > 0)
    .sort((a, b) => chances[b] - chances[a]);
  let before = 0;
  for (const [rank, event] of order.entries()) {
    const chance = chances[event];
    if (rank > 0 && before >= topP) chances[event] = 0;
    before += chance;
  }
  const kept = chances.reduce((a, b) => a + b);
  return chances.map((chance) => chance / kept);
}

function drawEvent(chances, random) {
  let left = random();
  let last = 0;
  for (const [event, chance] of chances.entries()) {
    if (chance === 0) continue;
    last = event;
    left -= chance;
    if (left < 0) break;
  }
  return last;
}

/* The PLACE events of the bars to come, and of what follows them. */
function clock(barSteps, nBars) {
  const places = Array.from({ length: barSteps * nBars }, (_, i) =>
    [FIRST_PLACE + (i % barSteps)]);
  return [...places, [FIRST_PLACE]];
}

/* Yield the events of new bars. First an opening is read; where the network
 * thinks that the piece is over, it goes back to what it had in mind at the
 * opening's `turn`. */
async function* compose(network, opening, settings) {
  const grammar = new Grammar();
  let here = null;
  let back = null;
  for (const [i, event] of opening.events.entries()) {
    here = await network.step(event, here?.state);
    if (i + 1 === opening.turn) back = here;
    if (i > 0) grammar.accept(event); // without START
  }
  const nSteps = opening.barSteps * settings.bars;
  const random = uniform(settings.seed);
  const added = lean(opening.events);
  grammar.follow(clock(opening.barSteps, settings.bars));
  while (true) {
    if (softmax(here.logits)[END] > IS_OVER) {
      grammar.release();
      here = back;
    }
    const mask = grammar.allowed();
    const scores = Float64Array.from(here.logits, (logit, event) =>
      (mask[event] ? logit + added[event] : -Infinity));
    const chances = shape(scores, settings.temperature, settings.topP);
    const event = drawEvent(chances, random);
    grammar.accept(event);
    if (grammar.nSteps === nSteps) return; // the bar line after the last bar
    yield event;
    here = await network.step(event, here.state);
  }
}
