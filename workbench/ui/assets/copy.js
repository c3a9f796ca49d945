// A link that copies its own address: the clipboard where the browser allows it, else its older way.
document.addEventListener("click", async (event) => {
  const link = event.composedPath().find((node) => node.dataset && node.dataset.copy);
  if (!link) return;
  event.preventDefault();
  const label = link.textContent;
  try {
    await navigator.clipboard.writeText(link.href);
  } catch {
    const field = Object.assign(document.createElement("textarea"), { value: link.href });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  link.textContent = link.dataset.copy;
  setTimeout(() => (link.textContent = label), 1500);
});
