/* The metrical events, as in `symbolic/metrical.py`, and their grammar, as in
 * `symbolic/grammar.py`.
 */
const END = 1;
const N_PITCHES = 128;
const FIRST_NEW = 3; // NEW_NOTE of pitch 0
const FIRST_HELD = FIRST_NEW + N_PITCHES; // CONTINUED_NOTE of pitch 0
const FIRST_PLACE = FIRST_HELD + N_PITCHES;
const FIRST_METER = 291;
const FIRST_VELOCITY = 380; // METER and TEMPO lie before it
const N_EVENTS = 396;

function isNote(event) {
  return event >= FIRST_NEW && event < FIRST_PLACE;
}

function isPlace(event) {
  return event >= FIRST_PLACE && event < FIRST_METER;
}

function pitchOf(event) {
  return (event - FIRST_NEW) % N_PITCHES;
}

/* The notes that events write: {pitch, start, end}, in sixteenths. */
function readNotes(events) {
  const notes = [];
  const last = new Map(); // pitch -> its last note
  let step = -1;
  for (const event of events) {
    if (isPlace(event)) step += 1;
    else if (isNote(event)) {
      const pitch = pitchOf(event);
      const isHeld = event >= FIRST_HELD && last.get(pitch)?.end === step;
      if (!isHeld) {
        last.set(pitch, { pitch, start: step, end: step });
        notes.push(last.get(pitch));
      }
      last.get(pitch).end = step + 1;
    }
  }
  return notes;
}

/* Which event may come next. Within a sixteenth the pitches fall, and only
 * what sounded in the one before can be held. PLACE is not drawn but told:
 * `follow` is given the events that open each sixteenth to come.
 */
class Grammar {
  nSteps = 0; // sixteenths that have ended
  #sounding = new Set(); // pitches of the sixteenth before
  #now = new Set(); // pitches of this one so far
  #ceiling = N_PITCHES; // the next pitch lies below
  #openings = []; // of the sixteenths to come, the last one first
  #velocity = null; // the VELOCITY event in force
  #strikes = false; // after VELOCITY a struck note must come
  #opens = false; // between two sixteenths

  follow(openings) {
    this.#openings = openings.flat().reverse();
    this.#opens = true;
    this.nSteps = -1; // what was heard last is still to end
  }

  accept(event) {
    if (isNote(event)) {
      this.#strikes = false;
      this.#now.add(pitchOf(event));
      this.#ceiling = pitchOf(event);
    } else if (event >= FIRST_VELOCITY) {
      this.#velocity = event;
      this.#strikes = true;
    } else {
      this.#opens = !isPlace(event);
      this.#openings.pop();
      if (!this.#opens) this.#endStep();
    }
  }

  #endStep() {
    this.nSteps += 1;
    this.#sounding = this.#now;
    this.#now = new Set();
    this.#ceiling = N_PITCHES;
  }

  /* Let go of all notes: none of them can be held. */
  release() {
    this.#sounding = new Set();
    this.#now = new Set();
  }

  /* 1 for every event that may come, else 0. */
  allowed() {
    const mask = new Uint8Array(N_EVENTS);
    if (!this.#opens) this.#allowNotes(mask);
    if (!this.#strikes) mask[this.#openings.at(-1)] = 1;
    return mask;
  }

  #allowNotes(mask) {
    if (this.#velocity !== null) {
      mask.fill(1, FIRST_NEW, FIRST_NEW + this.#ceiling);
    }
    if (this.#strikes) return;
    for (const pitch of this.#sounding) {
      if (pitch < this.#ceiling) mask[FIRST_HELD + pitch] = 1;
    }
    if (this.#ceiling > 0) mask.fill(1, FIRST_VELOCITY);
    if (this.#velocity !== null) mask[this.#velocity] = 0;
  }
}
