/* <piano-roll>: plays the MIDI file that it holds, and shows where it is.
 *
 * What `widgets/piano_roll.py` writes inside stays in view: the text, the
 * picture of the notes, and a link that holds the file. The player itself is
 * html-midi-player's <midi-player>, without its own buttons. It is made at
 * the first press: before that a page may not open its audio output.
 * STYLE is the text of `piano_roll/style.css`.
 */

const LEVEL_DB = -12; // fixed: room for some notes at once, velocity kept
const FIELD_WIDTH = 672; // of the picture, from its first to its last second
const MAX_VOICES = 128; // more notes than this at once would be left out
const NO_PLAYER = "The player's program stands in the first cell of this "
  + "notebook that shows a piano roll. Run that cell, then press Play.";

class PianoRoll extends HTMLElement {
  #player = null; // a promise of the <midi-player>
  #parts = {};
  #at = 0; // s

  connectedCallback() {
    if (this.shadowRoot) return;
    const label = this.getAttribute("label");
    const parts = this.#parts;
    parts.play = make("button", {
      type: "button", "aria-label": `Play: ${label}`,
      onclick: () => this.#press(),
    }, "Play");
    parts.seek = make("input", {
      type: "range", min: 0, max: this.#seconds, step: 0.1, value: 0,
      "aria-label": `Place in: ${label}`,
      oninput: () => this.#seek(Number(parts.seek.value)),
    });
    parts.time = make("output", { "aria-live": "off" });
    parts.status = make("p", { role: "status" });
    this.attachShadow({ mode: "open" }).append(make("style", {}, STYLE),
      make("slot"), make("div", { class: "row" }, parts.play, parts.seek,
        parts.time), parts.status);
    this.#show(0);
  }

  disconnectedCallback() {
    this.#player?.then((player) => player.stop());
  }

  get #seconds() {
    return Number(this.getAttribute("seconds"));
  }

  async #press() {
    await loadPlayer();
    const found = globalThis.courseMidiPlayer !== undefined;
    this.#parts.status.textContent = found ? "" : NO_PLAYER;
    if (!found) return;
    this.#player ??= this.#make();
    const player = await this.#player;
    if (player.playing) player.stop();
    else this.#start(player);
  }

  /* Make the player and give it the file. */
  async #make() {
    globalThis.courseMidiPlayer();
    const player = make("midi-player");
    this.shadowRoot.append(player); // before its source: else it loads twice
    await new Promise((done) => {
      player.addEventListener("load", done, { once: true });
      player.src = this.querySelector("a").href;
    });
    player.player.polySynth.maxPolyphony = MAX_VOICES;
    Tone.Destination.volume.value = LEVEL_DB;
    player.addEventListener("stop", (event) => {
      player.player.polySynth.releaseAll();
      if (event.detail.finished) this.#show(this.#seconds);
      this.#mark(false);
    });
    return player;
  }

  /* Begin at 0 and jump: begun elsewhere, the player ends too late. */
  #start(player) {
    const from = this.#at < this.#seconds ? this.#at : 0;
    player.currentTime = 0;
    player.start();
    player.currentTime = from;
    this.#mark(true);
    const follow = () => {
      if (!player.playing) return;
      this.#show(Tone.Transport.seconds - Tone.getContext().lookAhead);
      requestAnimationFrame(follow);
    };
    follow();
  }

  async #seek(time) {
    this.#show(time);
    const player = await this.#player;
    if (!player?.playing) return;
    player.player.polySynth.releaseAll();
    player.currentTime = time;
  }

  #show(time) {
    const { seek, time: text } = this.#parts;
    const total = this.#seconds;
    this.#at = Math.min(Math.max(time, 0), total);
    seek.value = this.#at;
    text.textContent = `${this.#at.toFixed(1)} of ${total.toFixed(1)} s`;
    seek.setAttribute("aria-valuetext", text.textContent);
    this.querySelector("svg .now")?.setAttribute("transform",
      `translate(${FIELD_WIDTH * this.#at / total})`);
  }

  #mark(on) {
    const { play } = this.#parts;
    play.textContent = on ? "Stop" : "Play";
    play.setAttribute("aria-label",
      `${play.textContent}: ${this.getAttribute("label")}`);
    play.classList.toggle("on", on);
  }
}

/* On the website the player is a file, loaded when it is first used. */
async function loadPlayer() {
  const later = document.querySelector("script[data-element=midi-player][src]");
  if (globalThis.courseMidiPlayer || !later) return;
  await new Promise((done) => {
    document.head.append(make("script", {
      src: later.src, onload: done, onerror: done,
    }));
  });
}

customElements.define("piano-roll", PianoRoll);
