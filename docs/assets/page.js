// Renders the formulas of a page: \( \) in a line, \[ \] in a block of their own.
for (const formula of document.querySelectorAll(".arithmatex")) {
  const text = formula.textContent;
  katex.render(text.slice(2, -2), formula, { displayMode: text.startsWith("\\["), throwOnError: false });
}

// What is too wide for its page scrolls by keyboard, too.
function makeFocusable() {
  for (const each of document.querySelectorAll(".arithmatex, .md-typeset__scrollwrap, pre > code"))
    if (each.scrollWidth > each.clientWidth && each.clientWidth) each.tabIndex = 0;
}
addEventListener("load", makeFocusable);
addEventListener("resize", makeFocusable);
