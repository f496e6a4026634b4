// Lets a reader sort and filter the table of runs. Without this script the
// table stands as it is.
(() => {
  const table = document.querySelector(".course-runs table");
  const body = table.tBodies[0];
  const rows = [...body.rows];

  function make(tag, properties) {
    return Object.assign(document.createElement(tag), properties);
  }

  // What a row is sorted by in one column: a number where there is one.
  function key(row, column) {
    const cell = row.cells[column];
    return "value" in cell.dataset ? Number(cell.dataset.value)
      : cell.textContent;
  }

  // Rows without a number stay behind those with one, in both directions.
  function compare(a, b, sign) {
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    if (typeof a === "number") return sign * (a - b);
    return sign * a.localeCompare(b, "en", {numeric: true});
  }

  function sort(head) {
    const sign = head.ariaSort === "ascending" ? -1 : 1;
    for (const other of table.tHead.rows[0].cells) other.ariaSort = null;
    head.ariaSort = sign > 0 ? "ascending" : "descending";
    const column = head.cellIndex;
    rows.sort((a, b) => compare(key(a, column), key(b, column), sign));
    body.append(...rows);
  }

  function addSorting() {
    for (const head of table.tHead.rows[0].cells) {
      const button = make("button", {
        type: "button",
        textContent: head.textContent,
        title: "Sort by this column",
      });
      button.addEventListener("click", () => sort(head));
      head.replaceChildren(button);
    }
  }

  function addFilter() {
    const texts = new Map(
      rows.map((row) => [row, row.textContent.toLowerCase()]));
    const input = make("input", {type: "search", autocomplete: "off"});
    const label = make("label", {textContent: "Show runs with the words "});
    const status = make("output", {});
    function filter() {
      const words = input.value.toLowerCase().split(/\s+/);
      for (const row of rows) {
        row.hidden = !words.every((word) => texts.get(row).includes(word));
      }
      const shown = rows.filter((row) => !row.hidden).length;
      status.textContent = `${shown} of ${rows.length} runs`;
    }
    label.append(input);
    input.addEventListener("input", filter);
    filter();
    const bar = make("p", {className: "course-filter"});
    bar.append(label, " ", status);
    table.parentElement.before(bar);
  }

  addSorting();
  addFilter();
})();
