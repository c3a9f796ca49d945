// Finds and orders the tables of the list while typing; nothing is asked of the server.
(() => {
  const list = document.querySelector("#tables tbody");
  if (!list) return;
  const find = document.getElementById("find");
  const tag = document.getElementById("tag");
  const rows = [...list.rows];

  function update() {
    const wanted = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const fits = wanted.every((word) => row.dataset.words.includes(word))
        && (!tag || !tag.value || row.dataset.tags.split("|").includes(tag.value));
      row.hidden = !fits;
      shown += fits;
    }
    document.getElementById("nothing").hidden = shown > 0;
  }

  find.addEventListener("input", update);
  if (tag) tag.addEventListener("change", update);
  for (const button of document.querySelectorAll("#tables button[data-by]")) {
    button.addEventListener("click", () => {
      const by = button.dataset.by;
      const head = button.closest("th");
      const falling = head.getAttribute("aria-sort") === "ascending";
      for (const other of document.querySelectorAll("#tables th[aria-sort]")) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      const value = (row) => row.dataset[by];
      const compare = ["name", "owner"].includes(by) ? (a, b) => value(a).localeCompare(value(b)) : (a, b) => value(a) - value(b);
      rows.sort((a, b) => falling ? compare(b, a) : compare(a, b));
      list.append(...rows);
    });
  }
})();
