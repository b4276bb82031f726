// A figure opens in its full size, by click or by keyboard, and closes by either.
for (const image of document.querySelectorAll(".bd-content div.cell_output img[src*='_images']")) {
  image.tabIndex = 0;
  image.setAttribute("role", "button");
  image.title = "Enlarge";
  const open = () => {
    const dialog = document.createElement("dialog");
    dialog.className = "zoom";
    dialog.setAttribute("aria-label", "Enlarged figure");
    const large = image.cloneNode();
    large.autofocus = true;
    large.title = "Close";
    dialog.append(large);
    dialog.addEventListener("click", () => dialog.close());
    dialog.addEventListener("keydown", event => ["Enter", "Escape"].includes(event.key) && dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };
  image.addEventListener("click", open);
  image.addEventListener("keydown", event => event.key === "Enter" && open());
}

// An equation that is wider than its line shrinks until it fits, but stays readable; then its block moves by itself.
const SMALLEST = 0.6;
const fit = () => {
  for (const equation of document.querySelectorAll(".bd-content mjx-container")) {
    const block = equation.closest("div.math"), line = block ?? equation.parentElement.parentElement;
    equation.style.fontSize = "";
    const room = line.clientWidth - (block?.querySelector(".eqno")?.offsetWidth ?? 0);
    const wide = Math.max(...[...equation.querySelectorAll("svg, mjx-math")].map(e => e.getBoundingClientRect().width), 0);
    const ratio = room / (wide + 2);
    if (line.clientWidth && ratio < 1) equation.style.fontSize = `${Math.max(SMALLEST, ratio) * 100}%`;
    if (block) block.tabIndex = block.scrollWidth > block.clientWidth ? 0 : -1;
    if (block && block.tabIndex < 0) block.removeAttribute("tabindex");
  }
};
window.MathJax?.startup?.promise?.then(fit);
addEventListener("load", () => window.MathJax?.startup?.promise?.then(fit));
addEventListener("resize", fit);
