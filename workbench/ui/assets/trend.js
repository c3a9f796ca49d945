// A trend that asks the server for what is visible: as many columns as pixels, again after every zoom and pan.
const WAIT_MS = 120;
const MINUTE_MS = 60_000;
const RANGES = { hour: 60, day: 1440, week: 10_080, month: 43_200 };

export function render({ model }) {
  const place = document.createElement("div");
  place.style.width = "100%";
  let plot = null, asked = null, timer = null, drawn = [], whole = null, quiet = false, words = {};

  const find = (name) => plot.document.get_model_by_name(name);
  const iso = (ms) => new Date(ms).toISOString().slice(0, 23);
  const address = (path, more) => `${path}?${model.query}&${new URLSearchParams(more)}`;

  function clear() {
    asked?.abort();
    clearTimeout(timer);
    for (const view of drawn) view.model.document?.clear();
    drawn = [];
    place.replaceChildren();
  }

  function say(text, bad = false) {
    const status = place.querySelector(".status");
    status.textContent = text;
    status.className = bad ? "status problem" : "status hint";
  }

  function buttons() {
    const bar = document.createElement("div");
    bar.className = "ranges";
    for (const [name, minutes] of [...Object.entries(RANGES), ["all", 0]]) {
      const button = document.createElement("button");
      button.textContent = words[name];
      button.dataset.range = name;
      button.onclick = () => show(minutes ? Math.max(whole[0], whole[1] - minutes * MINUTE_MS) : whole[0], whole[1]);
      bar.append(button);
    }
    const file = document.createElement("a");
    file.className = "file";
    file.textContent = words.download;
    file.setAttribute("download", "");
    const status = document.createElement("span");
    status.className = "status hint";
    bar.append(status, file);
    return bar;
  }

  function show(start, end) {
    quiet = true;
    plot.x_range.setv({ start, end });
    quiet = false;
    refine(start, end);
  }

  function later() {
    if (quiet) return;
    clearTimeout(timer);
    timer = setTimeout(() => refine(plot.x_range.start, plot.x_range.end), WAIT_MS);
  }

  async function refine(start, end) {
    asked?.abort();
    const mine = (asked = new AbortController());
    say(words.loading);
    const more = { width: Math.max(100, Math.round(plot.inner_width || place.clientWidth || 1000)) };
    if (start !== null) Object.assign(more, { start: iso(start), end: iso(end) });
    try {
      const answer = await fetch(address(model.path, more), { signal: mine.signal });
      const text = await answer.text();
      const found = JSON.parse(text);
      if (!answer.ok) throw new Error(found.error?.message ?? answer.statusText);
      if (mine === asked && plot) fill(found, start === null);
    } catch (error) {
      if (error.name !== "AbortError" && mine === asked) say(String(error.message ?? error), true);
    }
  }

  function fill(found, first) {
    const start = Date.parse(found.start + "Z"), step = found.step_us / 1000;
    if (first) {
      whole ??= [start, Date.parse(found.end + "Z")];
      quiet = true;
      plot.x_range.setv({ start, end: start + step * found.columns });
      quiet = false;
    }
    const spans = {};
    found.series.forEach((line, i) => {
      const data = line.t_us ? points(line, start) : columns(line, start, step);
      find(`line-${i}`).data = data;
      find(`dots-${i}`).data = line.t_us && data.x.length < 400 ? data : { x: [], y: [] };
      const axis = model.axes[i], span = (spans[axis] ??= axis === 0 ? [...model.limits] : []);
      for (const value of data.y) if (value === value) span.push(value);
    });
    for (const [axis, values] of Object.entries(spans)) scale(find(`axis-${axis}`), values);
    const empty = found.series.every((line) => line.rows === 0);
    const every = found.series.some((line) => line.t_us) ? words.every : words.column.replace("{step}", length(step));
    const all = found.series.reduce((sum, line) => sum + line.rows, 0).toLocaleString();
    const range = [found.start, found.end].map((end) => end.replace("T", " ").slice(0, step < 1000 ? 23 : 16)).join(" – ");
    say(empty ? words.empty : `${range} · ${words.rows.replace("{rows}", all)} · ${every}`);
    place.querySelector(".file").href = address(model.path + "/rows", { start: found.start, end: found.end });
    place.dataset.drawn = String(Number(place.dataset.drawn ?? 0) + 1);
  }

  // first, the two extremes and last, so that what joins two columns is right and no spike is lost
  function columns(line, start, step) {
    const x = [], y = [], breaks = new Set(line.breaks);
    line.min.forEach((low, i) => {
      if (low === null) return;
      const left = start + i * step, { first: a, last: b, max: high } = { first: line.first[i], last: line.last[i], max: line.max[i] };
      if (breaks.has(i)) x.push(left), y.push(NaN);
      if (low === high) return x.push(left + step / 2), y.push(low);
      x.push(left + 0.1 * step, left + 0.4 * step, left + 0.6 * step, left + 0.9 * step);
      y.push(a, ...(b >= a ? [low, high] : [high, low]), b);
    });
    return { x, y };
  }

  function points(line, start) {
    const x = [], y = [], breaks = new Set(line.breaks);
    line.value.forEach((value, i) => {
      const at = start + line.t_us[i] / 1000;
      if (breaks.has(i)) x.push(at), y.push(NaN);
      x.push(at);
      y.push(value === null ? NaN : value);
    });
    return { x, y };
  }

  function scale(range, values) {
    if (!values.length) return;
    let low = Infinity, high = -Infinity;
    for (const value of values) (low = Math.min(low, value)), (high = Math.max(high, value));
    const room = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.05 || 1;
    range.setv({ start: low - room, end: high + room });
  }

  function length(ms) {
    for (const [unit, size] of [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000], ["s", 1000]])
      if (ms >= size) return `${Number((ms / size).toPrecision(3))} ${words[unit]}`;
    return `${Number(ms.toPrecision(3))} ${words.ms}`;
  }

  async function draw() {
    clear();
    plot = null;
    if (!model.content) return;
    words = JSON.parse(model.words);
    const holder = document.createElement("div"), recorded = JSON.parse(model.content);
    place.append(buttons(), holder);
    const views = await Bokeh.embed.embed_item({ doc: recorded, root_id: recorded.roots[0].id, target_id: null }, holder);
    drawn = [...views.roots];
    plot = drawn[0].model;
    plot.x_range.change.connect(later);
    const kept = model.range;
    whole = model.whole.length ? [...model.whole] : null;
    if (kept.length) show(...kept);
    else refine(null, null);
  }

  model.on("after_render", draw);
  model.on("content", draw);
  model.on("remove", clear);
  return place;
}
