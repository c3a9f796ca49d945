// Joining a competition: the token is shown once and kept by the server in a cookie no script can read.
export function render({ model, el }) {
  const box = document.createElement("form");
  const style = document.createElement("style");
  style.textContent = `
    form { font: 14px/1.5 var(--font); color: var(--ink); background: var(--paper); border: 1px solid var(--line);
      border-radius: 10px; padding: 16px 20px; display: grid; gap: 10px; max-width: 560px; }
    label { display: grid; gap: 4px; font-weight: 600; }
    input { font: inherit; padding: 8px 10px; border: 1px solid var(--line); border-radius: 6px; background: var(--ground); color: inherit; }
    button { font: inherit; font-weight: 600; padding: 8px 18px; border-radius: 6px; border: 1px solid var(--accent);
      background: var(--accent); color: var(--paper); cursor: pointer; justify-self: start; }
    button.plain { background: none; border: 0; color: var(--accent); padding: 0; font-weight: 400; }
    code { font: 15px var(--mono); background: var(--ground); padding: 8px 10px; border-radius: 6px; overflow-wrap: anywhere; user-select: all; }
    p { margin: 0; } .bad { color: var(--bad); }`;
  let mode = model.join ? "join" : "token";

  function element(name, text) {
    const made = document.createElement(name);
    made.textContent = text ?? "";
    return made;
  }

  async function send(address, body) {
    const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    let read = {};
    try { read = await answer.json(); } catch (error) { /* a proxy's page */ }
    if (!answer.ok) throw new Error(read.error?.message ?? String(answer.status));
    return read;
  }

  function draw() {
    box.replaceChildren();
    if (model.hint) box.append(element("p", model.hint));
    const label = element("label", mode === "join" ? model.team_label : model.token_label);
    const input = document.createElement("input");
    input.name = mode; input.required = true; input.maxLength = mode === "join" ? 40 : 200; input.autocomplete = "off";
    label.append(input);
    const go = element("button", mode === "join" ? model.join_label : model.use_label);
    const problem = element("p"); problem.className = "bad"; problem.setAttribute("role", "alert");
    box.append(label, go, problem);
    if (model.join) {
      const other = element("button", mode === "join" ? model.have_label : model.join_label);
      other.type = "button"; other.className = "plain";
      other.addEventListener("click", () => { mode = mode === "join" ? "token" : "join"; draw(); });
      box.append(other);
    }
    box.onsubmit = async (event) => {
      event.preventDefault();
      go.disabled = true;
      try {
        if (mode === "token") { await send(model.session, { token: input.value }); location.reload(); return; }
        const joined = await send(model.join, { name: input.value });
        box.replaceChildren(element("p", model.once_label), element("code", joined.token), element("button", model.noted_label));
        box.onsubmit = (noted) => { noted.preventDefault(); location.reload(); };
      } catch (error) {
        problem.textContent = model.refusal.replace("{reason}", error.message);
        go.disabled = false;
      }
    };
  }
  draw();
  const both = document.createElement("div");
  both.append(style, box);
  return both;
}
