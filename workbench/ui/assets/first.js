// What stands on the page before it lives makes way for what lives: the root of the same place, once it is drawn.
for (const first of document.querySelectorAll(".first")) {
  const observer = new MutationObserver(() => {
    if (first.parentNode.querySelector("[data-root-id] > *")) {
      observer.disconnect();
      first.remove();
    }
  });
  observer.observe(first.parentNode, { childList: true, subtree: true });
}
