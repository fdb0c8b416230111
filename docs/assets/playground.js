/* The playground: Python trains a network in its worker, and each epoch is shown here. */

import { Python } from "./python.js";
import { words } from "./words.js";

const MOST_CHARACTERS = 40;
const MOST_HIDDEN = 64;
const LEARNING_RATES = [0.0001, 1];
const EPOCHS = 200;
const PACE = 60; // milliseconds that an epoch is shown at least: training is faster than the eye
const SILENCE = 2000; // milliseconds between two announcements
const OUTPUT_LIMIT = 2 ** 24; // characters; 40 letters with 64 units take 4 million

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const segmenter = Intl.Segmenter && new Intl.Segmenter();

const field = (name, value, hint, mode = "text") => `
  <div class="play-field">
    <label for="play-${name}">${words[name]}</label>
    <input id="play-${name}" name="${name}" value="${value}" maxlength="20000" dir="auto" inputmode="${mode}"
      autocomplete="off" autocapitalize="off" spellcheck="false"
      aria-describedby="play-${name}-hint play-${name}-error">
    <p class="play-hint" id="play-${name}-hint">${hint}</p>
    <p class="play-error" id="play-${name}-error"></p>
  </div>`;

const PAGE = `
  <form novalidate>
    <fieldset>
      <legend>${words.legend}</legend>
      <div class="play-fields">
        ${field("word", "hello", words.characters(1, MOST_CHARACTERS))}
        ${field("target", "ohlol", words.asMany)}
        ${field("hidden", "16", words.range(1, MOST_HIDDEN), "numeric")}
        ${field("lr", "0.01", words.range(...LEARNING_RATES), "decimal")}
      </div>
      <div class="play-buttons">
        <button type="submit">${words.start}</button>
        <button type="button" disabled>${words.stop}</button>
        <button type="reset">${words.reset}</button>
        <p role="status">${words.hint}</p>
      </div>
    </fieldset>
  </form>
  <figure>
    <div class="play-unrolled" role="img">
      <div class="play-step play-names"><b>${words.reads}</b><i>${words.state}</i><span>${words.answers}</span><span>${words.wanted}</span></div>
      <div class="play-steps" dir="auto"></div>
    </div>
    <figcaption>${words.caption('<span class="play-scale">−1</span>')}</figcaption>
  </figure>
  <figure>
    <div class="play-plot" role="img"></div>
    <figcaption class="play-loss"></figcaption>
  </figure>`;

class Playground {
  #python = new Python(); // fetches nothing yet
  #run = null;
  #proposed = proposal("hello");
  #states = []; // shown, a list of numbers for each character

  constructor(root) {
    root.innerHTML = PAGE;
    const find = (selector) => root.querySelector(selector);
    [this.form, this.status, this.caption] = ["form", "[role=status]", ".play-loss"].map(find);
    [this.unrolled, this.steps, this.plot] = [".play-unrolled", ".play-steps", ".play-plot"].map(find);
    [this.start, this.stop] = [find("[type=submit]"), find("[type=button]")];
    this.fields = Object.fromEntries([...root.querySelectorAll("input")].map((each) => [each.name, each]));

    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#begin();
    });
    this.form.addEventListener("reset", () => setTimeout(() => this.#reset())); // when it has happened
    this.form.addEventListener("input", ({ target }) => this.#edited(target));
    this.form.addEventListener("change", ({ target }) => this.#complain(target, this.#read().errors));
    this.stop.addEventListener("click", () => {
      const { length } = this.#run.losses;
      this.say(length ? words.stoppedAfter(length) : words.stopped);
      this.#halt();
    });
    const mode = { attributeFilter: ["data-md-color-scheme"] };
    new MutationObserver(() => this.#paint()).observe(document.body, mode);
    this.#preview();
  }

  /** What is in the fields, and a sentence for each that cannot be used. */
  #read() {
    const { word, target } = this.fields;
    const settings = {
      word: characters(word.value),
      target: characters(target.value),
      hidden: number(this.fields.hidden.value),
      lr: number(this.fields.lr.value),
    };
    const { length } = settings.word;
    const errors = {};
    if (!word.value.trim()) errors.word = words.wordMissing;
    else if (length > MOST_CHARACTERS) errors.word = words.wordTooLong(MOST_CHARACTERS);
    else if (settings.target.length !== length) errors.target = words.targetUnequal(length);
    if (!(Number.isInteger(settings.hidden) && isWithin(settings.hidden, 1, MOST_HIDDEN)))
      errors.hidden = words.notWhole(1, MOST_HIDDEN);
    if (!isWithin(settings.lr, ...LEARNING_RATES)) errors.lr = words.notWithin(...LEARNING_RATES);
    return { settings, errors };
  }

  #complain(input, errors) {
    const sentence = errors[input.name] ?? "";
    input.setAttribute("aria-invalid", sentence !== "");
    document.getElementById(`${input.id}-error`).textContent = sentence;
  }

  #edited(input) {
    const { word, target } = this.fields;
    if (input === word && (target.value === this.#proposed || !target.value)) {
      target.value = this.#proposed = proposal(word.value);
    }
    const { errors } = this.#read();
    for (const each of Object.values(this.fields))
      if (each.getAttribute("aria-invalid") === "true") this.#complain(each, errors);
    if (!this.#run) this.#preview();
  }

  async #begin() {
    this.#halt();
    const { settings, errors } = this.#read();
    for (const each of Object.values(this.fields)) this.#complain(each, errors);
    const wrong = Object.keys(errors)[0];
    if (wrong) {
      this.fields[wrong].focus();
      return this.say(words.notStarted(words[wrong], errors[wrong]));
    }
    const run = { ...settings, taken: 0, lines: [], losses: [], learned: 0, due: 0, told: 0, over: false };
    this.#run = run;
    this.stop.disabled = false;
    this.#preview();
    requestAnimationFrame((now) => this.#play(run, now));
    try {
      await this.#python.run([program({ ...settings, epochs: EPOCHS })], {
        limit: OUTPUT_LIMIT,
        onStatus: (sentence) => run === this.#run && this.say(sentence),
        onOutput: (text) => take(run, text),
        onEnd: (output) => take(run, output.slice(run.taken)), // what was not worth a message
      });
    } catch (error) {
      run.failure = error.message;
    }
    run.over = true;
  }

  /** Shows what has come, an epoch at a time, or ten if the reader wants little to move. */
  #play(run, now) {
    if (run !== this.#run) return;
    const few = calm.matches ? 10 : 1;
    if (now >= run.due && run.lines.length >= (run.over ? 1 : few)) {
      const epochs = run.lines.splice(0, few).map((line) => JSON.parse(line));
      run.due = now + epochs.length * PACE;
      for (const epoch of epochs) {
        run.losses.push(epoch.loss);
        run.right = epoch.predicted.filter((letter, i) => letter === run.target[i]).length;
        run.learned = run.right < run.word.length ? 0 : run.learned || epoch.epoch;
      }
      this.#show(run, epochs.at(-1));
      run.told ||= now; // that it runs was said
      if (now - run.told > SILENCE) {
        run.told = now;
        this.say(words.progress(run.losses.length, run.right, run.word.length));
      }
    }
    if (!run.over || run.lines.length) return void requestAnimationFrame((next) => this.#play(run, next));
    this.say(run.failure || verdict(run));
    this.#halt();
  }

  #halt() {
    if (this.#run && !this.#run.over) this.#python.stop();
    this.#run = null;
    if (document.activeElement === this.stop) this.start.focus();
    this.stop.disabled = true;
  }

  #reset() {
    this.#halt();
    this.#proposed = proposal("hello");
    for (const each of Object.values(this.fields)) this.#complain(each, {});
    this.#preview();
    this.say(words.hint);
  }

  say(sentence) {
    this.status.textContent = sentence;
  }

  /** The network before training: its letters, and no numbers yet. */
  #preview() {
    const { settings, errors } = this.#read();
    if (errors.word || errors.target || errors.hidden) return;
    const { word, target, hidden } = settings;
    this.unrolled.style.setProperty("--units", hidden);
    this.steps.style.setProperty("--steps", word.length);
    this.#states = [];
    this.steps.replaceChildren(...word.map((letter, i) => step(letter, target[i], hidden)));
    this.unrolled.setAttribute("aria-label", words.untrained(word.join(""), target.join("")));
    this.#plot([], new Set([...word, ...target]).size);
    this.caption.textContent = words.losses;
  }

  #show(run, { epoch, predicted, loss, states }) {
    predicted.forEach((letter, i) => {
      const answer = this.steps.children[i].querySelector(".play-answer");
      answer.firstChild.textContent = visible(letter);
      answer.dataset.right = letter === run.target[i];
    });
    this.#states = states;
    this.#paint();
    const texts = [run.word, predicted, run.target].map((each) => each.join(""));
    this.unrolled.setAttribute("aria-label", words.trained(epoch, ...texts));
    this.#plot(run.losses, new Set([...run.word, ...run.target]).size);
    this.caption.textContent = words.lossOf(epoch, loss.toFixed(4));
  }

  /** Paints the states in the colours that pictures have in the reader's mode. */
  #paint() {
    const style = getComputedStyle(this.steps);
    const [above, below] = ["--drawn-0", "--drawn-1"].map((name) => style.getPropertyValue(name));
    this.#states.forEach((state, i) => {
      const context = this.steps.children[i].querySelector("canvas").getContext("2d");
      context.clearRect(0, 0, 1, state.length);
      state.forEach((h, unit) => {
        context.globalAlpha = Math.abs(h);
        context.fillStyle = h < 0 ? below : above;
        context.fillRect(0, unit, 1, 1);
      });
    });
  }

  #plot(losses, classes) {
    this.plot.innerHTML = curve(losses, Math.log(classes));
    const ends = [losses[0], losses.at(-1)].map((loss) => loss?.toFixed(3));
    const label = losses.length ? words.curve(losses.length, ...ends) : words.noCurve;
    this.plot.setAttribute("aria-label", label);
  }
}

/** The next character for each, and the first one at the end; the book has its own for hello. */
function proposal(word) {
  const [first, ...rest] = characters(word);
  return word === "hello" ? "ohlol" : [...rest, first].join("");
}

/** What a reader takes for single characters, whatever they are written with. */
function characters(text) {
  const short = text.slice(0, 2000).normalize(); // nobody waits for what is too long anyway
  return segmenter ? Array.from(segmenter.segment(short), ({ segment }) => segment) : [...short];
}

const number = (text) => (text.trim() ? Number(text.normalize("NFKC").replace(",", ".")) : NaN);

const isWithin = (value, low, high) => low <= value && value <= high;

const visible = (letter) => (letter.trim() ? letter : "␣");

/** Adds lines that Python has printed: one for each epoch, or the last line of an exception. */
function take(run, text) {
  run.taken += text.length;
  for (const line of text.split("\n")) {
    if (line.startsWith("{")) run.lines.push(line);
    else if (line) run.failure = line;
  }
}

/** The settings are JSON, and JSON's strings are also Python's. */
const program = (settings) =>
  `from book.playground import main\nmain(${JSON.stringify(JSON.stringify(settings))})`;

function verdict({ word, target, learned, losses, right }) {
  return learned
    ? words.learned(learned, word.join(""), target.join(""))
    : words.notLearned(losses.length, right, word.length);
}

function step(letter, wanted, hidden) {
  const element = document.createElement("div");
  element.className = "play-step";
  element.innerHTML = `<b></b>
    <canvas width="1" height="${hidden}"></canvas>
    <span class="play-answer"> </span><span class="play-wanted"></span>`;
  element.querySelector("b").textContent = visible(letter);
  element.querySelector(".play-wanted").textContent = visible(wanted);
  return element;
}

/** The curve of the losses, and the loss of a guess among all letters. */
function curve(losses, guess) {
  const top = rounded(Math.max(0.1, guess, ...losses));
  const end = 50 * Math.max(1, Math.ceil(losses.length / 50));
  const up = (loss) => 100 - (100 * loss) / top;
  const across = (epoch) => (100 * epoch) / end;
  const line = (kind, points) => `<polyline class="${kind}" points="${points.join(" ")}"/>`;
  const level = (kind, y) => line(kind, [`0,${y}`, `100,${y}`]);
  const ticks = [0, 0.5, 1];
  const tick = (kind, side, part, value) =>
    `<span class="${kind}" style="${side}: ${100 * part}%">${value}</span>`;
  return `<svg class="drawn" viewBox="0 0 100 100" preserveAspectRatio="none">
      ${ticks.map((part) => level("grid", 100 * part)).join("")}
      ${level("level", up(guess))}${line("axis", ["0,0", "0,100", "100,100"])}
      ${line("line line-0", losses.map((loss, i) => `${across(i + 1)},${up(loss)}`))}
    </svg>
    ${ticks.map((part) => tick("play-up", "bottom", part, part * top)).join("")}
    ${ticks.map((part) => tick("play-across", "left", part, part * end)).join("")}
    <span class="play-level" style="top: ${up(guess)}%">${words.guess(guess.toFixed(2))}</span>`;
}

/** The next number of the kind 1, 2, 5, 10. */
function rounded(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return unit * [1, 2, 5, 10].find((each) => each * unit >= value);
}

const root = document.getElementById("playground");
if (root) new Playground(root);
