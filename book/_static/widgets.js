// The widget manager asks for equations in the manner of MathJax 2; the book has MathJax 3.
if (window.MathJax?.startup)
  MathJax.Hub = { Queue: ([, , element]) => MathJax.startup.promise.then(() => MathJax.typesetPromise([element])) };

// It shows a slider's description beside the handle without telling a screen reader that the two belong together.
new MutationObserver(() => {
  for (const handle of document.querySelectorAll(".noUi-handle:not([aria-label])"))
    handle.setAttribute("aria-label", handle.closest(".jupyter-widgets").querySelector("label")?.textContent ?? "slider");
}).observe(document.body, { childList: true, subtree: true });
