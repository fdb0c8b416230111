/* Lets the reader run the cells of a page, and change them. */

import { Python } from "./python.js";
import { words } from "./words.js";

const python = new Python();
const PICTURE_PARTS = new Set(
  "svg g defs marker path line polyline polygon rect circle ellipse text tspan title desc".split(" "),
);

class Cell {
  constructor(element) {
    const name = element.dataset.cell;
    this.chapter = name.split("#")[0];
    this.element = element;
    this.printedCode = element.querySelector(".highlight");
    this.output = element.querySelector(".cell-output");
    this.output.setAttribute("aria-label", words.output);
    this.book = {
      code: this.printedCode.querySelector("code").textContent.trimEnd(),
      output: this.output.innerHTML,
    };
    this.editor = null;
    this.running = false;
    this.runButton = button(words.run, () => (this.running ? python.stop() : this.run()));
    this.editButton = button(words.edit, () => (this.editor ? this.reset() : this.edit()));
    this.status = made("span", { class: "cell-status", role: "status", "aria-live": "polite" });
    const bar = made("div", { class: "cell-bar", role: "group", "aria-label": words.cell(name) });
    bar.append(this.runButton, this.editButton, this.status);
    this.printedCode.after(bar);
  }

  get code() {
    return this.editor ? this.editor.value.trimEnd() : this.book.code;
  }

  /** Runs the chapter's cells down to this one; Python skips those that it has just run. */
  async run() {
    const all = cells.filter((cell) => cell.chapter === this.chapter);
    const upToThis = all.slice(0, all.indexOf(this) + 1);
    const codes = upToThis.map((cell) => cell.code);
    const edited = upToThis.map((cell, i) => codes[i] !== cell.book.code);
    this.begin();
    try {
      const finished = await python.run(codes, {
        onStatus: (sentence) => this.say(sentence),
        onOutput: (text, i) => upToThis[i] === this && this.stream(text),
        onEnd: (output, i) => upToThis[i].conclude(output, edited.slice(0, i + 1).includes(true)),
      });
      if (!finished) this.say(words.stopped);
    } catch (error) {
      this.say(error.message);
    }
    this.end();
  }

  begin() {
    this.running = true;
    this.streamed = "";
    this.mark(null);
    this.runButton.textContent = words.stop;
    this.editButton.disabled = true;
    this.output.style.minHeight = `${this.output.offsetHeight}px`; // what is below keeps its place
  }

  end() {
    this.running = false;
    this.runButton.textContent = words.run;
    this.editButton.disabled = false;
    this.output.style.minHeight = "";
  }

  /** Shows what has come, at most once in a frame. */
  stream(text) {
    this.streamed += text;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (!this.streamed) return;
      this.output.replaceChildren(...asNodes(this.streamed.trimEnd()));
      this.output.lastElementChild?.scrollTo(0, Number.MAX_SAFE_INTEGER);
    });
  }

  conclude(output, isOwn) {
    this.streamed = "";
    const shown = made("div");
    shown.append(...asNodes(output));
    const html = shown.innerHTML;
    if (html !== this.output.innerHTML) this.output.replaceChildren(...shown.childNodes);
    const isSame = html === this.book.output;
    this.mark(isOwn ? "own" : isSame ? "same" : "differs");
  }

  mark(state) {
    if (state) this.element.dataset.state = state;
    else delete this.element.dataset.state;
    this.say(words[state] ?? "");
  }

  say(sentence) {
    if (this.status.textContent !== sentence) this.status.textContent = sentence;
  }

  edit() {
    this.editor = made("textarea", {
      class: "cell-editor",
      "aria-label": words.code,
      autocapitalize: "off",
      autocomplete: "off",
      spellcheck: "false",
      title: words.keys,
      wrap: "off",
    });
    this.editor.value = this.book.code;
    this.editor.addEventListener("input", () => this.fit());
    this.editor.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey || event.shiftKey)) return;
      event.preventDefault();
      if (!this.running) this.run();
    });
    this.fit();
    this.printedCode.hidden = true;
    this.printedCode.after(this.editor);
    this.editButton.textContent = words.reset;
    this.editor.focus();
  }

  fit() {
    this.editor.rows = this.editor.value.split("\n").length;
  }

  reset() {
    this.editor.remove();
    this.editor = null;
    this.printedCode.hidden = false;
    this.editButton.textContent = words.edit;
    this.output.innerHTML = this.book.output;
    this.mark(null);
  }
}

/** Output as it is shown, by the rule of `as_html` in fence.py: lines that are pictures, and text. */
function asNodes(output) {
  const nodes = [];
  let text = [];
  const endText = () => {
    if (text.join("\n")) {
      const block = made("pre", { tabindex: "0" });
      block.textContent = text.join("\n").replace(/^\n/, ""); // which HTML leaves out, too
      nodes.push(block);
    }
    text = [];
  };
  for (const line of output.split("\n")) {
    const picture = line.startsWith("<svg ") && asPicture(line);
    if (picture) {
      endText();
      const figure = made("figure");
      figure.append(picture);
      nodes.push(figure);
    } else {
      text.push(line);
    }
  }
  endText();
  return nodes;
}

/** The picture that a line of SVG describes; null if there is more in it than shapes and words. */
function asPicture(line) {
  const { body } = new DOMParser().parseFromString(line, "text/html"); // inert, and as pages are read
  const isHarmless = [...body.querySelectorAll("*")].every(
    (part) =>
      PICTURE_PARTS.has(part.localName) &&
      part.getAttributeNames().every((name) => !/^on|href/.test(name)),
  );
  return isHarmless && body.childNodes.length === 1 ? body.firstElementChild : null;
}

function button(label, act) {
  const element = made("button", { type: "button" });
  element.textContent = label;
  element.addEventListener("click", act);
  return element;
}

function made(tag, attributes = {}) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const cells = [...document.querySelectorAll(".cell")].map((element) => new Cell(element));
