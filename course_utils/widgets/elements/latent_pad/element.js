/* <latent-pad>: a grid of notes, played by gliding over it or by keys.
 *
 * `widgets/latent_pad.py` writes the notes as links in tables, one table for
 * each noise; a reader without JavaScript uses those. Here they become one
 * grid: pitch from left to right, timbre from row to row. One note sounds at
 * a time, at the level that it has in its file.
 * STYLE is the text of `latent_pad/style.css`.
 */

const FADE_STEPS = 5; // of a note that another one follows
const FADE_STEP_MS = 12;
const MOVES = {
  ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0],
  ArrowDown: [1, 0], Home: [0, -Infinity], End: [0, Infinity],
};

class LatentPad extends HTMLElement {
  #links; // by noise, row and column
  #cells; // by row and column
  #noise = 0;
  #place = [0, 0]; // row and column of the one cell that Tab reaches
  #gliding = false;
  #sound = null;
  #status;

  connectedCallback() {
    if (this.#links) return;
    // While the page is still being read, the content comes after this.
    if (document.readyState === "loading") {
      const start = () => this.#start();
      document.addEventListener("DOMContentLoaded", start, { once: true });
    } else queueMicrotask(() => this.#start());
  }

  disconnectedCallback() {
    this.#sound?.pause();
  }

  #start() {
    const tables = [...this.querySelectorAll("table")];
    if (this.#links || !tables.length) return;
    const rows = (table) => [...table.tBodies[0].rows];
    this.#links = tables.map((table) => rows(table).map((row) =>
      [...row.querySelectorAll("a")]));
    const texts = (cells) => [...cells].map((cell) => cell.textContent);
    const [corner, ...pitches] = texts(tables[0].tHead.rows[0].cells);
    const timbres = rows(tables[0]).map((row) => row.cells[0].textContent);
    this.#draw(corner, pitches, timbres);
  }

  #draw(corner, pitches, timbres) {
    const header = (role, text) => make("div", { role }, text);
    const line = (...cells) => make("div", { role: "row" }, ...cells);
    this.#cells = timbres.map((timbre) => pitches.map((pitch) =>
      make("div", {
        role: "gridcell", tabindex: -1, "aria-label": `${pitch}, ${timbre}`,
        class: pitch.includes("#") ? "black" : "",
      })));
    const columns = `auto repeat(${pitches.length}, minmax(0, 1fr))`;
    const grid = make("div", {
      class: "grid", role: "grid", "aria-label": this.getAttribute("label"),
      "aria-describedby": "keys", style: `grid-template-columns: ${columns}`,
      onpointerdown: (event) => this.#down(event),
      onpointermove: (event) => this.#glide(event),
      onkeydown: (event) => this.#key(event),
    }, line(...[corner, ...pitches].map((t) => header("columnheader", t))),
    ...timbres.map((timbre, i) =>
      line(header("rowheader", timbre), ...this.#cells[i])));
    for (const type of ["pointerup", "pointercancel", "pointerleave"]) {
      grid.addEventListener(type, () => { this.#gliding = false; });
    }
    this.#status = make("p", { class: "status", role: "status" });
    const key = (name) => make("kbd", {}, name);
    const intro = this.querySelector("p").cloneNode(true);
    this.attachShadow({ mode: "open" }).append(make("style", {}, STYLE),
      intro, grid, make("div", { class: "row" }, this.#switch(),
        this.#status),
      make("p", { id: "keys" }, "Press and glide; or by keys: ",
        key("arrows"), " move, ", key("space"), " or ", key("Enter"),
        " plays."));
    this.#move(0, 0);
  }

  /* A button for the next noise, where there are several. */
  #switch() {
    const n = this.#links.length;
    const button = make("button", { type: "button" }, "Another noise");
    button.hidden = n < 2;
    button.addEventListener("click", () => {
      this.#noise = (this.#noise + 1) % n;
      this.#status.textContent = `Noise ${this.#noise + 1} of ${n}`;
    });
    return button;
  }

  /* Let Tab reach this cell and no other. */
  #move(row, column) {
    const [r, c] = this.#place;
    this.#cells[r][c].tabIndex = -1;
    this.#place = [row, column];
    this.#cells[row][column].tabIndex = 0;
  }

  /* Go to a cell that was pointed at, and play it. */
  #point(cell) {
    const row = this.#cells.findIndex((cells) => cells.includes(cell));
    if (row < 0) return;
    this.#move(row, this.#cells[row].indexOf(cell));
    cell.focus();
    this.#play();
  }

  #down(event) {
    if (event.button !== 0) return;
    event.preventDefault(); // no text is selected while gliding
    event.target.releasePointerCapture(event.pointerId); // a finger's
    this.#gliding = true;
    this.#point(event.target);
  }

  #glide(event) {
    const [row, column] = this.#place;
    const entered = event.target !== this.#cells[row][column];
    if (this.#gliding && entered) this.#point(event.target);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " || event.key === "Enter") {
      if (!event.repeat) this.#play();
    } else if (event.key in MOVES) {
      const within = (i, n) => Math.min(Math.max(i, 0), n - 1);
      const [down, right] = MOVES[event.key];
      const row = within(this.#place[0] + down, this.#cells.length);
      const n = this.#cells[0].length;
      this.#move(row, within(this.#place[1] + right, n));
      this.#cells[row][this.#place[1]].focus();
    } else return;
    event.preventDefault();
  }

  #play() {
    const [row, column] = this.#place;
    const cell = this.#cells[row][column];
    fadeOut(this.#sound);
    const sound = new Audio(this.#links[this.#noise][row][column].href);
    this.#sound = sound;
    this.shadowRoot.querySelector(".on")?.classList.remove("on");
    cell.classList.add("on");
    this.#status.textContent =
      `${cell.getAttribute("aria-label")}, noise ${this.#noise + 1}`;
    sound.addEventListener("ended", () => {
      if (sound === this.#sound) cell.classList.remove("on");
    });
    sound.play().catch((error) => {
      if (error.name === "AbortError") return; // another one was played
      this.#status.textContent = "This note cannot be played here.";
    });
  }
}

/* Let a note end without a click. */
function fadeOut(sound) {
  if (!sound || sound.ended) return;
  for (let i = 1; i <= FADE_STEPS; i += 1) {
    setTimeout(() => {
      sound.volume = 1 - i / FADE_STEPS;
      if (i === FADE_STEPS) sound.pause();
    }, i * FADE_STEP_MS);
  }
}

customElements.define("latent-pad", LatentPad);
