/* <beating-explorer>: one tone and its copy by a layer with a stride.
 *
 * No server, no network, no library. What can be set, and in which range,
 * comes from `widgets/beating_explorer.py` as `data-settings`. The content
 * of the element is for readers without JavaScript. STYLE is the text of
 * `beating_explorer/style.css`.
 */

const NAMES = { fHz: "f_hz", stride: "stride", durationS: "duration_s" };
const SAY_AFTER_MS = 500; // a moving slider is not read aloud
const FADE_S = 0.01; // no click where a sound begins or ends

class BeatingExplorer extends HTMLElement {
  #settings;
  #parts = {};
  #beating; // what `beatingOf` returned
  #audio = null; // an AudioContext, made by the first press
  #source = null; // what plays
  #due = 0; // of the next drawing
  #saying = 0; // of the next sentence
  #watches = [];

  connectedCallback() {
    if (!this.#settings) {
      this.#settings = JSON.parse(this.dataset.settings);
      this.attachShadow({ mode: "open" });
      this.#build();
    }
    const redraw = () => this.#later();
    const size = new ResizeObserver(redraw);
    size.observe(this);
    const theme = new MutationObserver(redraw); // light or dark
    for (const page of [document.documentElement, document.body]) {
      if (page) theme.observe(page, { attributes: true });
    }
    this.#watches = [size, theme];
    this.#update();
  }

  disconnectedCallback() {
    this.#stop();
    for (const watch of this.#watches) watch.disconnect();
  }

  #build() {
    const parts = this.#parts;
    parts.box = make("section", { role: "group", "aria-labelledby": "title" },
      make("p", { class: "title", id: "title" }, this.#settings.title));
    parts.dials = make("div", { class: "dials" });
    for (const name of Object.values(NAMES)) this.#addDial(name);
    parts.kind = make("select", { id: "kind",
      onchange: () => this.#update() });
    for (const [kind, label] of Object.entries(this.#settings.copies)) {
      parts.kind.append(make("option", { value: kind }, label));
    }
    parts.kind.value = this.#settings.copy;
    parts.dials.append(make("label", { for: "kind" }, "Copy"), parts.kind);
    parts.result = make("p", { class: "result", role: "status" });
    parts.facts = make("tbody");
    parts.box.append(parts.dials, this.#buttons(), parts.result,
      make("table", {}, make("caption", {}, "In numbers"), parts.facts),
      ...this.#pictures());
    this.shadowRoot.append(make("style", {}, STYLE), parts.box);
  }

  /* A slider and the same number to type. */
  #addDial(name) {
    const { label, unit, low, high, step, value } =
      this.#settings.dials[name];
    const range = { min: low, max: high, step, value };
    const slider = make("input", { type: "range", id: name, ...range });
    const typed = make("input", { type: "number", ...range,
      "aria-label": `${label} in ${unit}, as a number` });
    slider.addEventListener("input", () => {
      typed.value = slider.value;
      this.#update();
    });
    typed.addEventListener("change", () => {
      slider.value = typed.value; // stays in the range and on a step
      typed.value = slider.value;
      this.#update();
    });
    this.#parts[name] = slider;
    this.#parts.dials.append(make("label", { for: name }, label), slider,
      make("span", {}, typed, ` ${unit}`));
  }

  #buttons() {
    const parts = this.#parts;
    const button = (text, onclick) =>
      make("button", { type: "button", onclick }, text);
    parts.tone = button("Play the tone", () => this.#play("tone"));
    parts.copy = button("Play the copy", () => this.#play("copy"));
    parts.stop = button("Stop", () => this.#stop());
    parts.sounds = make("p", { class: "small", role: "status" });
    return make("div", { class: "row" }, parts.tone, parts.copy, parts.stop,
      parts.sounds);
  }

  #pictures() {
    return PICTURES.map((picture, i) => {
      const canvas = make("canvas", { role: "img",
        "aria-labelledby": `picture-${i}` });
      if (picture.height) canvas.style.height = `${picture.height}px`;
      picture.canvas = canvas;
      (this.#parts.canvases ??= []).push([canvas, picture.draw]);
      return make("figure", {}, canvas,
        make("figcaption", { id: `picture-${i}` }, picture.text));
    });
  }

  /* Compute anew; a sound that plays no longer fits and stops. */
  #update() {
    this.#stop();
    const set = Object.entries(NAMES).map(([key, name]) => {
      const slider = this.#parts[name];
      slider.setAttribute("aria-valuetext",
        `${slider.value} ${this.#settings.dials[name].unit}`);
      return [key, Number(slider.value)];
    });
    this.#beating = beatingOf({ ...Object.fromEntries(set),
      kind: this.#parts.kind.value, sampleRate: this.#settings.sample_rate });
    this.#parts.facts.replaceChildren(
      ...Object.entries(facts(this.#beating)).map(([name, text]) =>
        make("tr", {}, make("th", { scope: "row" }, name),
          make("td", {}, text))));
    this.#later();
    clearTimeout(this.#saying);
    this.#saying = setTimeout(() => {
      this.#parts.result.textContent = sentence(this.#beating);
    }, this.#parts.result.textContent ? SAY_AFTER_MS : 0);
  }

  #later() {
    cancelAnimationFrame(this.#due);
    this.#due = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const style = getComputedStyle(this.#parts.box);
    const colours = { ink: style.color,
      tone: style.getPropertyValue("--tone"),
      copy: style.getPropertyValue("--copy") };
    for (const [canvas, draw] of this.#parts.canvases) {
      draw(penOf(canvas, colours), this.#beating);
    }
  }

  /* Play the tone or its copy, both at one level, so that a loss is heard. */
  #play(which) {
    this.#stop();
    const { sampleRate } = this.#beating;
    const samples = Float32Array.from(this.#beating[which],
      (x) => x * this.#settings.level);
    const n = Math.min(Math.round(FADE_S * sampleRate), samples.length / 2);
    for (let i = 0; i < n; i++) {
      samples[i] *= i / n;
      samples[samples.length - 1 - i] *= i / n;
    }
    try {
      this.#audio ??= new AudioContext();
      const buffer = this.#audio.createBuffer(1, samples.length, sampleRate);
      buffer.copyToChannel(samples, 0);
      const source = this.#audio.createBufferSource();
      source.buffer = buffer;
      source.connect(this.#audio.destination);
      source.addEventListener("ended", () => {
        if (source === this.#source) this.#stop();
      });
      this.#audio.resume();
      source.start();
      this.#source = source;
      this.#tell(which, `The ${which} plays.`);
    } catch {
      this.#tell("", "This browser cannot play it.");
    }
  }

  #stop() {
    this.#source?.stop();
    this.#source = null;
    if (this.dataset.playing) this.#tell("", "");
  }

  #tell(playing, text) {
    this.dataset.playing = playing;
    for (const which of ["tone", "copy"]) {
      this.#parts[which].classList.toggle("on", which === playing);
    }
    this.#parts.sounds.textContent = text;
  }
}

customElements.define("beating-explorer", BeatingExplorer);
