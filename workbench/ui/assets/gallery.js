// Filter the cards while typing: words in either language; Chinese by pairs of characters, since it has no spaces.
(() => {
  const find = document.getElementById("find");
  const shelf = document.getElementById("cards");
  const cards = [...document.querySelectorAll("#cards .card")];
  const buttons = [...document.querySelectorAll("#domains button")];
  let domain = "";

  function pieces(text) {
    const found = [];
    for (const [run] of text.toLowerCase().matchAll(/[\u3400-\u9fff]+|[a-z0-9]+/g)) {
      if (/[a-z0-9]/.test(run[0]) || run.length === 1) found.push(run);
      else for (let i = 0; i + 1 < run.length; i++) found.push(run.slice(i, i + 2));
    }
    return found;
  }

  function score(words, wanted) {
    if (!wanted.length) return 1;
    return wanted.filter((piece) => words.includes(piece)).length;
  }

  function update() {
    const wanted = pieces(find.value);
    const scores = cards.map((card) => score(card.dataset.words, wanted));
    const best = Math.max(0, ...scores);
    let shown = 0;
    cards.forEach((card, i) => {
      const visible = scores[i] > 0 && scores[i] * 2 >= best && (!domain || card.dataset.domain === domain);
      card.hidden = !visible;
      shown += visible;
    });
    // The best answer comes first for the keyboard and a screen reader too.
    shelf.append(...cards.map((card, i) => [scores[i], card]).sort((a, b) => b[0] - a[0]).map(([, card]) => card));
    document.getElementById("nothing").hidden = shown > 0;
  }

  find.addEventListener("input", update);
  for (const button of buttons) {
    button.addEventListener("click", () => {
      domain = button.dataset.choose;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      update();
    });
  }
})();
