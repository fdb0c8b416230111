// Renders the formulas of a page: \( \) in a line, \[ \] in a block of their own.
for (const formula of document.querySelectorAll(".arithmatex")) {
  const text = formula.textContent;
  katex.render(text.slice(2, -2), formula, { displayMode: text.startsWith("\\["), throwOnError: false });
}
