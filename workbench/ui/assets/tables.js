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

  // Health is counted in the background: what was not known yet is asked for until it is.
  const tones = (score) => score >= 90 ? "good" : score >= 70 ? "warning" : "bad";
  async function ask() {
    const lacking = rows.filter((row) => row.dataset.health === "-1");
    if (!lacking.length || document.hidden) return lacking.length;
    const answer = await fetch("/api/v1/data-health?ask=false");
    if (!answer.ok) return 0;
    const found = new Map((await answer.json()).map((each) => [each.table, each]));
    let waiting = 0;
    for (const row of lacking) {
      const each = found.get(row.dataset.name);
      if (!each || each.score === null) { waiting += Boolean(each && each.waiting); continue; }
      row.dataset.health = each.score;
      const chip = row.querySelector(".score");
      chip.textContent = String(Math.floor(each.score * 10) / 10);
      chip.className = "score chip " + tones(each.score);
      row.querySelector(".coverage").textContent = list.parentElement.dataset.assessed
        .replace("{a}", each.assessed).replace("{t}", each.total);
      const dots = row.querySelectorAll(".dot");
      Object.values(each.lights).forEach((on, i) => dots[i].classList.toggle("on", on));
    }
    return waiting;
  }
  async function watch() {
    try { if (await ask()) setTimeout(watch, 3000); } catch (error) { /* the server is away: the list stays as it is */ }
  }
  setTimeout(watch, 1500);

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
