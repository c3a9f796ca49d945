// Pages through a table: every page, order and filter is asked of the server, and every cell is set as text.
export function render({ model, el }) {
  const words = model.words;
  const state = { offset: 0, sort: "", filters: {}, matched: model.total };
  let asked = 0;
  let timer = null;

  const style = document.createElement("style");
  style.textContent = `
    .rows { font: 13px/1.4 var(--font); color: var(--ink); }
    .rows .frame { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--paper); }
    .rows table { border-collapse: collapse; width: 100%; }
    .rows th, .rows td { padding: 5px 10px; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap;
      max-width: 320px; overflow: hidden; text-overflow: ellipsis; }
    .rows th { font-size: 12.5px; color: var(--muted); vertical-align: bottom; background: var(--paper); }
    .rows th button { all: unset; cursor: pointer; font-weight: 600; }
    .rows th button:focus-visible { outline: 2px solid var(--accent); }
    .rows th input { display: block; width: 100%; min-width: 84px; box-sizing: border-box; height: 26px; margin-top: 4px;
      font: 12px var(--font); color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 4px; padding: 0 6px; }
    .rows tbody tr:nth-child(even) { background: var(--ground); }
    .rows .n { text-align: right; font-variant-numeric: tabular-nums; }
    .rows .none { color: var(--faint); }
    .rows .foot { display: flex; gap: 8px; align-items: center; flex-wrap: wrap; padding: 8px 2px; color: var(--muted); }
    .rows .foot button { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--line);
      border-radius: 6px; padding: 4px 12px; cursor: pointer; min-height: 32px; }
    .rows .foot button:disabled { color: var(--faint); cursor: default; }
    .rows .foot .told { flex: 1; min-width: 180px; }
    .rows .problem { color: var(--bad); padding: 6px 2px; }`;
  const box = document.createElement("div");
  box.className = "rows";
  const frame = document.createElement("div");
  frame.className = "frame";
  const table = document.createElement("table");
  const head = document.createElement("tr");
  const body = document.createElement("tbody");
  const thead = document.createElement("thead");
  thead.append(head);
  table.append(thead, body);
  frame.append(table);
  const problem = document.createElement("div");
  problem.className = "problem";
  problem.setAttribute("role", "alert");
  problem.hidden = true;
  const foot = document.createElement("div");
  foot.className = "foot";
  const told = document.createElement("span");
  told.className = "told";
  told.setAttribute("role", "status");
  foot.append(told);
  const ways = {};
  for (const way of ["first", "back", "next", "last"]) {
    ways[way] = document.createElement("button");
    ways[way].textContent = words[way];
    foot.append(ways[way]);
  }
  box.append(frame, problem, foot);

  const titles = model.columns.map((column) => {
    const cell = document.createElement("th");
    const button = document.createElement("button");
    button.textContent = column.title;
    button.title = column.name;
    button.addEventListener("click", () => {
      state.sort = state.sort === column.name ? "-" + column.name : state.sort === "-" + column.name ? "" : column.name;
      state.offset = 0;
      load();
    });
    const find = document.createElement("input");
    find.placeholder = words["find_" + column.kind];
    find.setAttribute("aria-label", words.filter + ": " + column.name);
    find.addEventListener("input", () => {
      state.filters[column.name] = find.value;
      state.offset = 0;
      clearTimeout(timer);
      timer = setTimeout(load, 350);
    });
    if (column.kind === "number") cell.className = "n";
    cell.append(button, find);
    head.append(cell);
    return { cell, button, column };
  });

  function last() {
    return Math.max(0, Math.floor((state.matched - 1) / model.size) * model.size);
  }
  ways.first.addEventListener("click", () => { state.offset = 0; load(); });
  ways.back.addEventListener("click", () => { state.offset = Math.max(0, state.offset - model.size); load(); });
  ways.next.addEventListener("click", () => { state.offset += model.size; load(); });
  ways.last.addEventListener("click", () => { state.offset = last(); load(); });

  function shown(value) {
    if (value === null) return "–";
    if (typeof value === "number") return String(Number(value.toPrecision(12)));
    if (typeof value === "boolean") return value ? words.yes : words.no;
    return String(value);
  }

  function draw(rows) {
    body.replaceChildren(...rows.map((row) => {
      const line = document.createElement("tr");
      row.slice(0, model.columns.length).forEach((value, i) => {
        const cell = document.createElement("td");
        cell.textContent = shown(value);
        if (typeof value === "string") cell.title = value;
        if (value === null) cell.className = "none";
        if (model.columns[i].kind === "number") cell.classList.add("n");
        line.append(cell);
      });
      return line;
    }));
    for (const { cell, button, column } of titles) {
      const mark = state.sort === column.name ? " ▲" : state.sort === "-" + column.name ? " ▼" : "";
      button.textContent = column.title + mark;
      cell.setAttribute("aria-sort", mark === " ▲" ? "ascending" : mark === " ▼" ? "descending" : "none");
    }
  }

  function tell(rows) {
    const number = (value) => value.toLocaleString("en-US");
    const key = !rows.length ? "nothing" : state.matched === model.total ? "range" : "matched";
    told.textContent = words[key].replace("{from}", number(state.offset + 1))
      .replace("{to}", number(state.offset + rows.length)).replace("{matched}", number(state.matched))
      .replace("{total}", number(model.total));
    ways.first.disabled = ways.back.disabled = state.offset === 0;
    ways.next.disabled = ways.last.disabled = state.offset + model.size >= state.matched;
  }

  async function load() {
    const mine = ++asked;
    const query = new URLSearchParams({ offset: state.offset, limit: model.size, sort: state.sort });
    for (const [name, text] of Object.entries(state.filters)) if (text.trim()) query.append("filter", name + ":" + text);
    told.textContent = words.reading;
    try {
      const answer = await fetch(model.address + "?" + query);
      const found = await answer.json();
      if (mine !== asked) return;
      problem.hidden = answer.ok;
      if (!answer.ok) { problem.textContent = answer.status === 422 ? words.refused : words.lost; told.textContent = ""; return; }
      state.matched = found.matched;
      draw(found.rows);
      tell(found.rows);
    } catch (error) {
      if (mine === asked) { problem.hidden = false; problem.textContent = words.lost; told.textContent = ""; }
    }
  }

  draw(model.first);
  tell(model.first);
  const root = document.createElement("div");
  root.append(style, box);
  return root;
}
