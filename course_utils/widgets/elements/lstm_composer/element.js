/* <lstm-composer>: the trained LSTM composes, in the page.
 *
 * No server and no kernel. `data-composer` is written by
 * `widgets/lstm_composer.py`: the name of the model, the shape of its state,
 * and openings of chorales as events. Runtime and model lie beside the
 * website's pages, in the folder `files`; they are loaded at the first press
 * of Compose. STYLE is the text of `lstm_composer/style.css`.
 */
const SHOW_MS = 100; // how often a growing piece is drawn
const SETTINGS = {
  bars: ["New bars", { type: "number", min: 1, max: 16, value: 8 }],
  temperature: ["Temperature",
    { type: "range", min: 0.5, max: 1.5, step: 0.05, value: 1 }],
  topP: ["Top-p", { type: "range", min: 0.5, max: 1, step: 0.01, value: 0.95 }],
  seed: ["Seed", { type: "number", min: 0, max: 2 ** 31 - 1, value: 0 }],
};

/* Let the browser draw, and hear what is pressed. */
function pause() {
  return new Promise((done) => { setTimeout(done, 0); });
}

class LstmComposer extends HTMLElement {
  #task; // {model, shape, openings}, as Python wrote it
  #piece = null; // {notes, nSteps, barSteps, openingBars, meter, qpm}
  #busy = false;
  #stopped = false;
  #synth = new Synth();
  #parts = {};

  connectedCallback() {
    if (this.#task) return; // moved within the page
    this.#task = JSON.parse(this.dataset.composer);
    delete this.dataset.composer;
    this.attachShadow({ mode: "open" });
    this.#draw();
  }

  disconnectedCallback() {
    this.#stopped = true;
    this.#silence();
  }

  #draw() {
    const parts = this.#parts;
    const openings = this.#task.openings.map(({ name }, i) =>
      make("option", { value: i }, name));
    parts.opening = make("select", {}, ...openings);
    const fields = Object.entries(SETTINGS).map(([name, [text, words]]) =>
      this.#field(name, text, words));
    parts.compose = make("button", { type: "submit" }, "Compose");
    parts.play = this.#button("Play", () => this.#play());
    parts.save = this.#button("Save as MIDI", () => this.#save());
    parts.progress = make("progress", {
      value: 0, "aria-label": "Events composed, share of the new bars",
    });
    parts.status = make("p", { role: "status" }, "Ready. The first press of "
      + "Compose loads the network and the program that runs it, 5 MB.");
    parts.picture = shapeOf("svg", {
      role: "img", preserveAspectRatio: "none", "aria-label": "Piano roll",
    });
    parts.words = make("ol");
    parts.result = make("div", { hidden: "" },
      make("figure", {}, parts.picture, make("figcaption", {},
        "Time to the right, pitch upwards, a line a bar. Grey: the opening, "
        + "by Bach. Orange with a frame: composed here.")),
      make("details", {}, make("summary", {}, "The notes in words, bar by bar"),
        parts.words));
    const form = make("form", {
      "aria-labelledby": "title", onsubmit: (event) => this.#submit(event),
    }, make("p", { class: "title", id: "title" }, this.getAttribute("label")),
    make("div", { class: "settings" },
      make("label", {}, "Opening", parts.opening), ...fields),
    make("div", { class: "row" }, parts.compose, parts.play, parts.save),
    parts.progress, parts.status, parts.result);
    this.shadowRoot.replaceChildren(make("style", {}, STYLE), form);
    this.#mark();
  }

  #field(name, text, words) {
    const input = make("input", { ...words, required: "" });
    this.#parts[name] = input;
    if (words.type !== "range") return make("label", {}, text, input);
    const value = make("span", {}, `${text}: ${words.value}`);
    input.addEventListener("input", () => {
      value.textContent = `${text}: ${input.value}`;
    });
    return make("label", {}, value, input);
  }

  #button(text, onclick) {
    return make("button", { type: "button", onclick }, text);
  }

  /* Let the buttons say what they do now. */
  #mark() {
    const { compose, play, save, result, picture } = this.#parts;
    const none = this.#piece === null || this.#busy;
    compose.textContent = this.#busy ? "Stop composing" : "Compose";
    play.textContent = this.#synth.plays ? "Stop playing" : "Play";
    compose.classList.toggle("on", this.#busy);
    play.classList.toggle("on", this.#synth.plays);
    picture.classList.toggle("plays", this.#synth.plays);
    play.setAttribute("aria-disabled", none);
    save.setAttribute("aria-disabled", none);
    result.hidden = this.#piece === null;
  }

  #say(text) {
    this.#parts.status.textContent = text;
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#busy) {
      this.#stopped = true;
      return;
    }
    this.#silence();
    this.#busy = true;
    this.#stopped = false;
    this.#mark();
    this.#say("Loading the network.");
    try {
      const files = this.getAttribute("files");
      await this.#compose(await loadNetwork(files, this.#task));
    } catch (error) {
      this.#say("The composer cannot run here. It needs a browser of 2023 or "
        + `later, and the files beside the website's pages. (${error.message})`);
    }
    this.#busy = false;
    this.#mark();
  }

  get #settings() {
    const { bars, temperature, topP, seed } = this.#parts;
    const inputs = { bars, temperature, topP, seed };
    return Object.fromEntries(Object.entries(inputs).map(
      ([name, input]) => [name, input.valueAsNumber]));
  }

  async #compose(network) {
    const opening = this.#task.openings[this.#parts.opening.value];
    const settings = this.#settings;
    const steps = opening.barSteps * (opening.bars + settings.bars);
    const events = [];
    this.#say("Reading the opening, then composing.");
    let begun = performance.now();
    let shown = begun;
    for await (const event of compose(network, opening, settings)) {
      if (events.length === 0) begun = performance.now();
      events.push(event);
      if (performance.now() - shown > SHOW_MS) {
        this.#show(opening, events, steps);
        await pause();
        shown = performance.now();
      }
      if (this.#stopped) break;
    }
    const seconds = (performance.now() - begun) / 1000;
    this.#show(opening, events, steps);
    const figures = { events: events.length, seconds, stopped: this.#stopped };
    this.#say(summary(this.#piece, figures));
    const { picture, words } = this.#parts;
    picture.setAttribute("aria-label", `Piano roll: ${opening.bars} bars of `
      + `${opening.name}, then the new bars. They stand in words below.`);
    words.replaceChildren(...barsInWords(this.#piece));
    this.dispatchEvent(new CustomEvent("composed", { detail: { events } }));
  }

  /* Show the opening and the new events so far. */
  #show(opening, events, steps) {
    const all = [...opening.events, ...events];
    const notes = readNotes(all);
    for (const note of notes) note.velocity = opening.velocity;
    const { meter, qpm, barSteps } = opening;
    const nSteps = all.filter(isPlace).length;
    const openingBars = opening.bars;
    this.#piece = { notes, nSteps, barSteps, openingBars, meter, qpm };
    const { progress, result, picture } = this.#parts;
    const given = openingBars * barSteps;
    progress.value = (nSteps - given) / (steps - given);
    result.hidden = false;
    drawRoll(picture, this.#piece, steps);
  }

  #play() {
    if (this.#synth.plays) this.#silence();
    else if (this.#piece && !this.#busy) {
      this.#synth.start(this.#piece, () => this.#silence());
      this.#mark();
      this.#follow();
    }
  }

  #silence() {
    this.#synth.stop();
    if (this.#parts.play) this.#mark();
  }

  /* Move the line that shows what sounds. */
  #follow() {
    if (!this.#synth.plays) return;
    const cursor = this.#parts.picture.lastChild;
    const step = Math.max(0, this.#synth.step);
    cursor.setAttribute("x1", step);
    cursor.setAttribute("x2", step);
    requestAnimationFrame(() => this.#follow());
  }

  #save() {
    if (this.#piece === null || this.#busy) return;
    const file = new Blob([midiFile(this.#piece)], { type: "audio/midi" });
    const href = URL.createObjectURL(file);
    make("a", { href, download: "composed.mid" }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  }
}

customElements.define("lstm-composer", LstmComposer);
