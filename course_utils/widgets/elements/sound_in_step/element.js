/* <sound-in-step>: a spectrogram, a player, and a line that moves with it.
 *
 * No server, no network, no library. The picture and the player are ordinary
 * content, from `widgets/sound_in_step.py`; this lays the line over the
 * picture and lets the reader move it. STYLE is the text of
 * `sound_in_step/style.css`.
 */

const STEP_S = 0.1; // an arrow key
const LEAP_S = 1; // Page up, Page down

class SoundInStep extends HTMLElement {
  #audio;
  #seconds;
  #track; // a slider over the axes of the picture
  #line;
  #due = 0;

  connectedCallback() {
    if (this.#audio) return;
    // While the page is still being read, the content comes after this.
    if (document.readyState === "loading") {
      const start = () => this.#start();
      document.addEventListener("DOMContentLoaded", start, { once: true });
    } else queueMicrotask(() => this.#start());
  }

  disconnectedCallback() {
    this.#audio?.pause();
  }

  #start() {
    this.#audio = this.querySelector("audio");
    if (!this.#audio || this.shadowRoot) return;
    this.#seconds = Number(this.dataset.seconds);
    this.#build();
    const follow = () => this.#follow();
    for (const event of ["play", "pause", "seeking", "timeupdate", "ended"]) {
      this.#audio.addEventListener(event, follow);
    }
    this.#follow();
  }

  #build() {
    const [left, top, width, height] = JSON.parse(this.dataset.box)
      .map((share) => `${100 * share}%`);
    this.#line = make("div", { class: "line" });
    this.#track = make("div", {
      role: "slider", tabindex: "0", class: "track",
      "aria-label": `Moment in the sound: ${this.#name()}`,
      "aria-valuemin": "0", "aria-valuemax": String(this.#seconds),
    }, this.#line);
    Object.assign(this.#track.style, { left, top, width, height });
    this.#track.addEventListener("keydown", (event) => this.#key(event));
    this.#track.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.#track.setPointerCapture(event.pointerId);
      this.#point(event);
    });
    this.#track.addEventListener("pointermove", (event) => {
      if (this.#track.hasPointerCapture(event.pointerId)) this.#point(event);
    });
    this.querySelector("img").slot = "picture";
    const key = (name) => make("kbd", {}, name);
    this.attachShadow({ mode: "open" }).append(
      make("style", {}, STYLE),
      make("div", { class: "stage" }, make("slot", { name: "picture" }),
        this.#track),
      make("p", { class: "small" }, "Click into the picture to go to a "
        + "moment. Keys, while it has the focus: ", key("←"), " ", key("→"),
      " move, ", key("space"), " plays and stops."),
      make("slot"));
  }

  #name() {
    return this.querySelector("figcaption strong")?.textContent ?? "sound";
  }

  /* Show where the sound is; as long as it plays, with every new image. */
  #follow() {
    const now = Math.min(this.#audio.currentTime, this.#seconds);
    this.#line.style.left = `${100 * now / this.#seconds}%`;
    this.#track.setAttribute("aria-valuenow", now.toFixed(2));
    this.#track.setAttribute("aria-valuetext",
      `${now.toFixed(1)} of ${this.#seconds.toFixed(1)} seconds`);
    cancelAnimationFrame(this.#due);
    if (!this.#audio.paused) {
      this.#due = requestAnimationFrame(() => this.#follow());
    }
  }

  #seek(seconds) {
    this.#audio.currentTime = Math.min(Math.max(seconds, 0), this.#seconds);
    this.#follow();
  }

  #point(event) {
    const { left, width } = this.#track.getBoundingClientRect();
    this.#seek((event.clientX - left) / width * this.#seconds);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const now = this.#audio.currentTime;
    const places = {
      ArrowLeft: now - STEP_S, ArrowDown: now - STEP_S,
      ArrowRight: now + STEP_S, ArrowUp: now + STEP_S,
      PageDown: now - LEAP_S, PageUp: now + LEAP_S,
      Home: 0, End: this.#seconds,
    };
    if (event.key in places) this.#seek(places[event.key]);
    else if (event.key === " ") this.#toggle();
    else return;
    event.preventDefault();
  }

  #toggle() {
    if (this.#audio.paused) this.#audio.play().catch(() => this.#follow());
    else this.#audio.pause();
  }
}

customElements.define("sound-in-step", SoundInStep);
