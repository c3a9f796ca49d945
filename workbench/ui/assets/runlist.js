// A list of runs with ticks: it is drawn again while runs go on, and the ticks stay.
export function render({ model }) {
  const place = document.createElement("div");
  place.style.width = "100%";
  const chosen = new Set();

  function judge() {
    const boxes = [...place.querySelectorAll("input[name=run]")];
    const button = place.querySelector("button.compare");
    if (button) button.disabled = boxes.filter((box) => box.checked).length < 2;
  }

  function draw() {
    place.innerHTML = model.content;
    for (const box of place.querySelectorAll("input[name=run]")) box.checked = chosen.has(box.value);
    judge();
  }

  place.addEventListener("change", (event) => {
    if (event.target.name !== "run") return;
    event.target.checked ? chosen.add(event.target.value) : chosen.delete(event.target.value);
    judge();
  });
  model.on("content", draw);
  draw();
  return place;
}
