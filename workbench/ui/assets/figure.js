// Draw a recorded Bokeh document in the browser: the server keeps no model of it, and two on a page cannot clash.
const FONT = '12px "Noto Sans SC"';
const PATIENCE_MS = 1500;

export function render({ model }) {
  const place = document.createElement("div");
  place.style.width = "100%";
  let drawn = [];
  let turn = 0; // drawing waits for fonts and for Bokeh: what was asked for meanwhile goes first

  function clear() {
    for (const view of drawn) view.model.document?.clear();
    drawn = [];
    place.replaceChildren();
  }

  async function draw() {
    const mine = ++turn;
    // A canvas does not redraw when a font arrives late: Chinese labels would stay in whatever was there.
    const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    await Promise.race([document.fonts.load(FONT, "中A1"), patience]);
    if (mine !== turn) return;
    try {
      const recorded = JSON.parse(model.content);
      clear();
      for (const root of recorded.roots) {
        const holder = document.createElement("div");
        place.append(holder);
        const views = await Bokeh.embed.embed_item({ doc: recorded, root_id: root.id, target_id: null }, holder);
        if (mine !== turn) {
          for (const view of views.roots) view.model.document?.clear();
          return;
        }
        drawn.push(...views.roots);
      }
    } catch (error) {
      place.textContent = model.broken.replace("{reason}", String(error));
    }
  }

  model.on("after_render", draw);
  model.on("content", draw);
  model.on("remove", () => { turn += 1; clear(); });
  return place;
}
