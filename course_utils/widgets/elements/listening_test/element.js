/* <listening-test>: a blind listening test inside a page.
 *
 * No server, no network, no library. What it asks comes from
 * `widgets/listening_test.py`: players as ordinary content, which a reader
 * without JavaScript uses, and `data-key`, which says what each clip is. The
 * key is taken out of the page at once and kept in a private field; the
 * page says what was what after the last answer.
 *
 * Kept in localStorage: the listener's code, the seed of the order, and the
 * answers. STYLE is the text of `listening_test/style.css`.
 */

class ListeningTest extends HTMLElement {
  #name;
  #trials; // as Python wrote them
  #sources; // addresses of the clips
  #plan; // as this listener hears them
  #state; // {listener, seed, answers: [{answer, plays, seconds}]}
  #place; // key in localStorage
  #kept = true; // whether this browser keeps it
  #audio = new Audio();
  #playing = null; // a, b or x
  #last = "a";
  #heard = new Set();
  #plays = 0;
  #since = 0; // ms; when this trial was first heard
  #parts = {};

  connectedCallback() {
    if (this.#trials) return;
    // While the page is still being read, the content comes after this.
    if (document.readyState === "loading") {
      const start = () => this.#start();
      document.addEventListener("DOMContentLoaded", start, { once: true });
    } else queueMicrotask(() => this.#start());
  }

  disconnectedCallback() {
    this.#audio.pause();
  }

  #start() {
    const key = this.dataset.key;
    if (this.#trials || !key) return;
    const bytes = Uint8Array.from(atob(key), (c) => c.charCodeAt(0));
    this.#trials = JSON.parse(new TextDecoder().decode(bytes));
    delete this.dataset.key;
    this.#name = this.getAttribute("name");
    this.#place = `listening-test/${this.#name}/${digest(key)}`;
    this.#sources = [...this.querySelectorAll("audio")].map((a) => a.src);
    this.#audio.addEventListener("timeupdate", () => {
      if (this.#audio.currentTime >= HEARD_S) this.#hear();
    });
    this.#audio.addEventListener("ended", () => {
      this.#hear();
      this.#stop();
    });
    this.addEventListener("keydown", (event) => this.#key(event));
    this.attachShadow({ mode: "open" });
    this.#load();
    this.#draw();
  }

  /* What the listener left here, or a new listener. */
  #load() {
    let old = null;
    try {
      old = JSON.parse(localStorage.getItem(this.#place));
    } catch {
      this.#kept = false;
    }
    const seed = this.getAttribute("seed");
    this.#state = old ?? {
      listener: randomWord().toString(16).padStart(8, "0"),
      seed: seed === null ? randomWord() : Number(seed),
      answers: [],
    };
    this.#plan = plan(this.#trials, this.#state.seed);
  }

  #save() {
    try {
      localStorage.setItem(this.#place, JSON.stringify(this.#state));
      this.#kept = true;
    } catch {
      this.#kept = false;
    }
  }

  #forget() {
    this.#stop();
    try {
      localStorage.removeItem(this.#place);
    } catch {
      this.#kept = false;
    }
    this.#load();
    this.#draw();
    this.#parts.box.focus();
  }

  get #trial() {
    return this.#plan[this.#state.answers.length];
  }

  /* Build the box anew: at the start, and after the last answer. */
  #draw() {
    const box = make("section", {
      role: "group", tabindex: "0", "aria-labelledby": "title",
    }, make("p", { class: "title", id: "title" },
      this.getAttribute("label") ?? "Listening test"));
    this.#parts = { box };
    this.shadowRoot.replaceChildren(make("style", {}, STYLE), box);
    if (this.#trial) this.#drawTrial(box);
    else this.#drawResult(box);
  }

  #drawTrial(box) {
    const parts = this.#parts;
    parts.status = make("p", { class: "ask", role: "status" });
    parts.progress = make("progress", {
      max: this.#plan.length, "aria-label": "Questions answered",
    });
    parts.players = make("div", { class: "row" });
    for (const side of ["a", "b", "x"]) {
      parts[side] = make("button", {
        type: "button", "aria-keyshortcuts": side.toUpperCase(),
        onclick: () => this.#play(side),
      });
      parts.players.append(parts[side]);
    }
    parts.answers = make("div", { class: "row" });
    for (const [side, key] of [["a", "1"], ["b", "2"]]) {
      parts[key] = make("button", {
        type: "button", "aria-keyshortcuts": key,
        onclick: () => this.#answer(side),
      });
      parts.answers.append(parts[key]);
    }
    parts.hint = make("p", { class: "small", role: "status" });
    parts.keys = make("p", { class: "small", id: "keys" });
    parts.foot = make("p", { class: "small" });
    box.setAttribute("aria-describedby", "keys");
    box.append(parts.status, parts.progress, parts.players, parts.answers,
      parts.hint, parts.keys, parts.foot, deleteButton(() => this.#forget()));
    this.#show();
  }

  /* Write the present question into the box. */
  #show() {
    const { kind } = this.#trial;
    const done = this.#state.answers.length;
    const parts = this.#parts;
    this.#heard.clear();
    this.#plays = 0;
    parts.status.textContent =
      `Question ${done + 1} of ${this.#plan.length}. ${KINDS[kind].ask}`;
    parts.progress.value = done;
    parts.x.hidden = kind !== "abx";
    parts["1"].textContent = KINDS[kind].answers.a;
    parts["2"].textContent = KINDS[kind].answers.b;
    parts.keys.replaceChildren(...keysText(kind));
    parts.foot.textContent = this.#kept
      ? "Your answers stay in this browser, also when you reload the page."
      : "This browser keeps nothing here: do not reload the page.";
    this.#mark();
  }

  /* Show which clip plays, which were heard, and if one may answer. */
  #mark() {
    const missing = this.#missing();
    for (const side of ["a", "b", "x"]) {
      const on = this.#playing === side;
      const name = `${on ? "Stop" : "Play"} ${side.toUpperCase()}`;
      const heard = this.#heard.has(side) ? " (heard)" : "";
      this.#parts[side].textContent = name + heard;
      this.#parts[side].classList.toggle("on", on);
    }
    for (const key of ["1", "2"]) {
      this.#parts[key].setAttribute("aria-disabled", missing.length > 0);
    }
    this.#hint(missing.length ? "" : "You may answer now, or listen again.");
  }

  /* Say it once: the same text again would be read aloud again. */
  #hint(text) {
    const { hint } = this.#parts;
    if (hint.textContent !== text) hint.textContent = text;
  }

  /* The clips that must be heard before an answer counts. */
  #missing() {
    return Object.keys(this.#trial.clips).filter((s) => !this.#heard.has(s));
  }

  #play(side) {
    const clip = this.#trial.clips[side];
    if (clip === undefined) return;
    if (this.#playing === side) {
      this.#stop();
      return;
    }
    if (this.#plays === 0) this.#since = performance.now();
    this.#plays += 1;
    this.#playing = side;
    this.#last = side;
    this.#audio.src = this.#sources[clip];
    this.#audio.play().catch((error) => {
      if (error.name === "AbortError") return; // another one was started
      this.#stop();
      this.#hint("This clip cannot be played here.");
    });
    this.#mark();
  }

  #stop() {
    this.#audio.pause();
    this.#playing = null;
    if (this.#trial && this.#parts.a) this.#mark();
  }

  #hear() {
    if (this.#playing === null || this.#heard.has(this.#playing)) return;
    this.#heard.add(this.#playing);
    this.#mark();
  }

  #answer(side) {
    const missing = this.#missing().map((s) => s.toUpperCase());
    if (missing.length) {
      const clips = missing.join(" and ");
      this.#hint(`First listen to ${clips}, to the end or ${HEARD_S} s.`);
      return;
    }
    const seconds = Math.round((performance.now() - this.#since) / 100) / 10;
    this.#audio.pause();
    this.#playing = null;
    this.#state.answers.push({ answer: side, plays: this.#plays, seconds });
    this.#save();
    if (this.#trial) {
      this.#show();
      this.#parts.a.focus();
    } else {
      this.#draw();
      this.#parts.result.focus();
    }
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.composedPath()[0];
    if (!this.#trial || target.tagName === "TEXTAREA") return;
    const key = event.key.toLowerCase();
    if (key === " " && target.tagName !== "BUTTON") {
      this.#play(this.#playing ?? this.#last);
    } else if (["a", "b", "x"].includes(key)) {
      if (!event.repeat) this.#play(key);
    } else if (key === "1" || key === "2") {
      if (!event.repeat) this.#answer(key === "1" ? "a" : "b");
    } else return;
    event.preventDefault();
  }

  #rows() {
    return this.#state.answers.map((given, i) => {
      const { kind, question, is, truth } = this.#plan[i];
      const { answer, plays, seconds } = given;
      return { test: this.#name, listener: this.#state.listener,
        trial: i + 1, kind, question, a: is.a, b: is.b, truth, answer,
        plays, seconds };
    });
  }

  #download() {
    const file = new Blob([csv(this.#rows())], { type: "text/csv" });
    const href = URL.createObjectURL(file);
    const download = `${this.#name}-${this.#state.listener}.csv`;
    make("a", { href, download }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  }

  #drawResult(box) {
    const rows = this.#rows();
    this.#parts.result = make("div", { tabindex: "-1" });
    for (const text of summary(rows)) {
      this.#parts.result.append(make("p", { class: "ask" }, text));
    }
    const copy = make("textarea", {
      readonly: "", "aria-label": "All answers as CSV",
    }, csv(this.#rows()));
    box.append(
      this.#parts.result,
      make("div", { class: "wide" }, table(rows)),
      make("div", { class: "row" }, make("button", {
        type: "button", onclick: () => this.#download(),
      }, "Save my answers (CSV)")),
      make("details", {}, make("summary", {}, "The CSV, to copy"), copy),
      deleteButton(() => this.#forget()),
    );
  }
}

customElements.define("listening-test", ListeningTest);
