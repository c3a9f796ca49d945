// A place to drop files: sends each one over HTTP, so that neither its size nor its bytes touch the page's socket.
export function render({ model, el }) {
  const zone = document.createElement("div");
  zone.tabIndex = 0;
  zone.setAttribute("role", "button");
  const style = document.createElement("style");
  style.textContent = `
    .drop { border: 2px dashed var(--line); border-radius: 10px; background: var(--paper); color: var(--muted);
      text-align: center; padding: 20px; cursor: pointer; font: 14px/1.5 var(--font); transition: border-color .15s; }
    .drop.compact { padding: 7px 10px; border-width: 1px; font-size: 12.5px; border-radius: 6px; }
    .drop:hover, .drop.over { border-color: var(--accent); background: var(--accent-ground); }
    .drop:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    .drop b { display: block; color: var(--ink); font-size: 17px; }
    .drop.compact b { display: inline; font-size: 12.5px; font-weight: 400; color: var(--accent); }
    .drop .bar { height: 4px; background: var(--line); border-radius: 2px; margin: 10px auto 0; max-width: 420px; overflow: hidden; }
    .drop .bar i { display: block; height: 100%; width: 0; background: var(--accent); transition: width .2s; }
    .drop .bar.busy i { width: 35%; animation: slide 1.2s infinite ease-in-out; }
    @keyframes slide { from { margin-left: -35%; } to { margin-left: 100%; } }
    .drop .stop { margin-top: 8px; padding: 4px 14px; border: 1px solid var(--line); border-radius: 6px; background: var(--paper);
      color: var(--ink); font: inherit; cursor: pointer; }
    .drop .state { margin-top: 6px; font-size: 13.5px; overflow-wrap: anywhere; }
    .drop .state.good { color: var(--good); } .drop .state.bad { color: var(--bad); }
    .drop .state.warning { color: var(--warning); } .drop.compact .state { font-size: 12.5px; margin-top: 2px; }`;
  const title = document.createElement("b");
  const hint = document.createElement("span");
  const bar = document.createElement("div");
  const fill = document.createElement("i");
  const state = document.createElement("div");
  const input = document.createElement("input");
  bar.className = "bar";
  bar.append(fill);
  state.setAttribute("role", "status");
  input.type = "file";
  input.accept = model.accept;
  input.hidden = true;
  input.multiple = model.multiple;
  const stop = document.createElement("button");
  stop.type = "button";
  stop.className = "stop";
  stop.hidden = true;
  stop.textContent = model.stop;
  stop.addEventListener("click", (event) => { event.stopPropagation(); current?.abort(); });
  zone.append(title, hint, bar, state, stop, input);

  function show() {
    zone.className = "drop" + (model.compact ? " compact" : "");
    title.textContent = model.heading;
    hint.textContent = model.compact ? "" : model.hint;
    state.textContent = model.status;
    state.className = "state " + model.tone;
    state.hidden = !model.status;
    bar.hidden = true;
  }

  // One file travels at a time, in the order they were chosen.
  const waiting = [];
  let current = null;
  function take(files) {
    waiting.push(...(model.multiple ? files : [...files].slice(0, 1)));
    if (!current) next();
  }
  function next() {
    current = null;
    stop.hidden = true;
    if (waiting.length) send(waiting.shift());
  }

  function send(file) {
    if (file.size === 0) { model.send_msg({ kind: "empty", name: file.name }); next(); return; }
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("file", file);
    request.open("POST", model.address);
    current = request;
    request.upload.onprogress = (event) => {
      const percent = Math.floor(100 * event.loaded / event.total);
      bar.hidden = false;
      bar.className = percent < 100 ? "bar" : "bar busy";
      fill.style.width = percent < 100 ? percent + "%" : "";
      state.hidden = false;
      state.className = "state";
      state.textContent = percent < 100 ? file.name + " · " + percent + " %" : model.reading.replace("{name}", file.name);
    };
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch (error) { /* a proxy's page */ }
      model.send_msg({ kind: request.status === 201 ? "sent" : "refused", name: file.name, status: request.status,
        table: answer.name ?? null, arrival: answer.id ?? null, error: answer.error ?? null });
      next();
    };
    request.onerror = () => { model.send_msg({ kind: "refused", name: file.name, status: 0, error: null }); next(); };
    request.onabort = () => { waiting.length = 0; current = null; show(); };
    stop.hidden = !model.stop;
    request.send(form);
  }

  zone.addEventListener("click", () => input.click());
  zone.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") input.click(); });
  input.addEventListener("click", (event) => event.stopPropagation());
  input.addEventListener("change", () => { take(input.files); input.value = ""; });
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => { event.preventDefault(); take(event.dataTransfer.files); });
  for (const name of ["heading", "hint", "status", "tone", "serial"]) model.on(name, show);
  show();
  const both = document.createElement("div");
  both.append(style, zone);
  return both;
}
