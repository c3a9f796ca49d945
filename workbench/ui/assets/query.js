// An editor for one SELECT: proposes names while one types, keeps the last queries in this browser, runs and cancels.
const KEPT = "workbench.queries", MOST = 30, SHOWN = 8, REDRAW_MS = 200;
const WORDS = "SELECT FROM WHERE GROUP BY ORDER BY HAVING LIMIT JOIN LEFT JOIN ON USING AS AND OR NOT NULL IS IN BETWEEN LIKE CASE WHEN THEN ELSE END DISTINCT WITH UNION ALL count sum avg min max median stddev quantile_cont date_trunc time_bucket lag lead row_number CAST TRY_CAST INTERVAL DESC".split(" ");

export function render({ model }) {
  const words = model.words, place = document.createElement("div");
  place.className = "query";
  place.innerHTML = `<div class="ask"><div class="left"><textarea spellcheck="false" rows="9"></textarea><div class="near"></div>
    <div class="act"><button class="run"></button><button class="cancel" hidden></button><span class="clock hint"></span></div></div>
    <div class="names"><div class="hint"></div><div class="list"></div></div></div><details class="old"><summary></summary><div></div></details>`;
  const at = (selector) => place.querySelector(selector);
  const text = at("textarea"), near = at(".near"), run = at(".run"), cancel = at(".cancel"), clock = at(".clock");
  text.value = model.sql;
  text.setAttribute("aria-label", words.query);
  run.textContent = words.run;
  cancel.textContent = words.cancel;
  at(".names .hint").textContent = words.tables;
  at("summary").textContent = words.history;
  const quoted = (name) => (/^[a-z_][\w]*$/i.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
  const table = (name) => name.split(".").map(quoted).join(".");

  function insert(piece, back = 0) {
    text.setRangeText(piece, text.selectionStart - back, text.selectionEnd, "end");
    text.focus();
    propose();
  }

  function typed() {
    return /[^\s,()=<>*+/;'-]*$/.exec(text.value.slice(0, text.selectionStart))[0];
  }

  function propose() {
    const part = typed().replaceAll('"', ""), low = part.toLowerCase();
    const used = Object.entries(model.tables).filter(([name]) => text.value.includes(name.split(".").pop()));
    const columns = [...new Set((used.length ? used : Object.entries(model.tables)).flatMap(([, names]) => names))];
    const all = [...Object.keys(model.tables).map((name) => [name, table(name)]), ...columns.map((name) => [name, quoted(name)]), ...WORDS.map((word) => [word, word])];
    const fits = low ? all.filter(([name, piece]) => (name.toLowerCase().startsWith(low) || name.split(".").pop().toLowerCase().startsWith(low)) && piece !== part) : [];
    near.replaceChildren(...fits.slice(0, SHOWN).map(([name, piece]) => button(name, () => insert(piece, typed().length))));
    if (fits.length) near.append(hint(words.hint));
  }

  function button(name, act) {
    const made = document.createElement("button");
    made.textContent = name;
    made.onmousedown = (event) => (event.preventDefault(), act());
    return made;
  }

  function hint(said) {
    const made = document.createElement("span");
    made.className = "hint";
    made.textContent = said;
    return made;
  }

  function kept() {
    try {
      return JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    } catch {
      return [];
    }
  }

  function history() {
    const old = kept();
    at(".old").hidden = !old.length;
    at(".old div").replaceChildren(...old.map((sql) => button(sql.replace(/\s+/g, " ").slice(0, 140), () => ((text.value = sql), propose()))));
  }

  function names() {
    at(".list").replaceChildren(...Object.entries(model.tables).map(([name, columns]) => {
      const one = document.createElement("details"), head = document.createElement("summary");
      head.append(button(name, () => insert(text.value.trim() ? table(name) : `SELECT *\nFROM ${table(name)}\nLIMIT 100`)));
      one.append(head, ...columns.map((column) => button(column, () => insert(quoted(column)))));
      return one;
    }));
  }

  function ask() {
    if (model.busy || !text.value.trim()) return;
    localStorage.setItem(KEPT, JSON.stringify([text.value, ...kept().filter((sql) => sql !== text.value)].slice(0, MOST)));
    history();
    model.sql = text.value;
    model.asked += 1;
  }

  let timer = null;
  function busy() {
    clearInterval(timer);
    run.disabled = model.busy;
    cancel.hidden = !model.busy;
    clock.textContent = "";
    if (!model.busy) return;
    const begin = Date.now();
    const tick = () => (clock.textContent = words.running.replace("{seconds}", Math.floor((Date.now() - begin) / 1000)));
    tick();
    timer = setInterval(tick, REDRAW_MS);
  }

  run.onclick = ask;
  cancel.onclick = () => (model.stopped += 1);
  text.oninput = propose;
  text.onkeydown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.preventDefault(), ask();
    if (event.key === "Tab" && near.querySelector("button")) event.preventDefault(), near.querySelector("button").onmousedown(event);
    if (event.key === "Escape") near.replaceChildren();
  };
  model.on("busy", busy);
  model.on("tables", names);
  model.on("remove", () => clearInterval(timer));
  names();
  history();
  return place;
}
