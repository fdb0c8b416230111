/* The built and assembled book in a real Chromium, in both languages: accessibility, weight, every
 * Run button, Stop, the playground, the switch of language, search.
 *
 *     node tests/browser/site.mjs NODE_MODULES SITE [CHROMIUM]
 *
 * Prints what it saw, a line for each page; the exit code is 1 if anything is wrong.
 */

import { createServer } from "node:http";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { readFile, readdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";

const [modules, site, executablePath = "/usr/bin/chromium"] = process.argv.slice(2);
const require = createRequire(join(modules, "package.json"));
const { chromium } = require("playwright-core");
const axe = await readFile(join(modules, "axe-core", "axe.min.js"), "utf8");

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".png": "image/png" };
const PREFIX = "/somewhere/below/"; // a site must not need the root of its host
const STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
const MAX_WEIGHT = 1_000_000; // bytes of a page before the first click
const MAX_PYTHON = 9_500_000; // bytes that the first click may fetch
const PATIENCE = 60_000; // ms, for a slow machine
const LANGUAGES = { en: "", zh: "zh/" };
const TERMS = { // what readers may look for, and the page that is about it
  循环神经网络: "what-is-an-rnn", 隐藏状态: "rnncell", 词嵌入: "embeddings", 反向传播: "gradients", 交叉熵: "hello", 独热编码: "embeddings",
  梯度裁剪: "gradients", 随机种子: "seeds", 批维在前: "rnn", 先验知识: "what-is-an-rnn", 温度: "writing", 卷积: "pictures",
};

/** The words of the pages in a language. */
async function wordsIn(lang) {
  globalThis.document = { documentElement: { lang } };
  const source = await readFile(join(site, "assets", "words.js"), "utf8");
  return (await import(`data:text/javascript,${encodeURIComponent(`${source}// ${lang}`)}`)).words;
}

const faults = [];
const fault = (sentence) => faults.push(sentence) && console.log(`  WRONG: ${sentence}`);

const server = createServer(async (request, response) => {
  const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
  let file = join(site, path.startsWith(PREFIX) ? path.slice(PREFIX.length) : "nowhere");
  if (path.endsWith("/")) file = join(file, "index.html");
  try {
    const body = await readFile(file);
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    const headers = { "Content-Type": type, "Cache-Control": "max-age=600" };
    const isText = /^text|json|svg/.test(type); // which every host compresses
    response.writeHead(200, isText ? { ...headers, "Content-Encoding": "gzip" } : headers);
    response.end(isText ? gzipSync(body) : body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const host = `http://127.0.0.1:${server.address().port}`;
const base = host + PREFIX;

/** The addresses of all pages below `base`. */
async function pages() {
  const files = await readdir(site, { recursive: true });
  return files.filter((file) => basename(file) === "index.html").map((file) => file.slice(0, -"index.html".length)).sort();
}

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** A new visitor: nothing cached, everything that is fetched or goes wrong is noted. */
async function visitor(colorScheme, width = 1280) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
  const page = await context.newPage();
  const seen = { bytes: 0, python: 0 };
  context.on("request", (request) => {
    if (!request.url().startsWith(base) && !/^(data|blob):/.test(request.url())) fault(`${page.url()} asks for ${request.url()}`);
  });
  context.on("response", async (response) => {
    if (response.status() >= 400) fault(`${response.url()} answers ${response.status()}`);
    const { responseBodySize } = await response.request().sizes().catch(() => ({ responseBodySize: 0 })); // the visitor may have left
    seen[response.url().includes("/_py/") ? "python" : "bytes"] += responseBodySize;
  });
  page.on("console", (message) => message.type() === "error" && fault(`${page.url()}: ${message.text()}`));
  page.on("pageerror", (error) => fault(`${page.url()}: ${error.message}`));
  return { context, page, seen };
}

/** Does something with every path, with three at a time. */
async function forEach(paths, act) {
  const waiting = [...paths];
  const lane = async () => {
    while (waiting.length) await act(waiting.shift());
  };
  await Promise.all([lane(), lane(), lane()]);
}

/** Opens a page, and waits until all that it fetches is there and has been run. */
async function arrive(page, address) {
  await page.goto(address);
  await page.waitForLoadState("networkidle");
}

const all = await pages();
let cells = 0;

console.log("the words of the pages, in every language");
const words = {};
for (const lang of Object.keys(LANGUAGES)) words[lang] = await wordsIn(lang);
const kind = (word) => (typeof word === "function" ? `function of ${word.length}` : typeof word);
for (const [lang, theirs] of Object.entries(words))
  for (const name in { ...words.en, ...theirs })
    if (kind(theirs[name]) !== kind(words.en[name])) fault(`${name} is no ${kind(words.en[name])} in ${lang}`);

console.log(`accessibility and weight of ${all.length} pages`);
for (const [colorScheme, width] of [["light", 1280], ["dark", 390]]) {
  await forEach(all, async (path) => {
    const { context, page, seen } = await visitor(colorScheme, width);
    await arrive(page, base + path);
    if (seen.python) fault(`${path} fetches Python before anybody asked for it`);
    if (seen.bytes > MAX_WEIGHT) fault(`${path} weighs ${seen.bytes} bytes`);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wider > 0) fault(`${path} at width ${width} is ${wider} pixels too wide`);
    await page.evaluate(axe);
    const { violations } = await page.evaluate((values) => axe.run(document, { runOnly: { type: "tag", values } }), STANDARDS);
    for (const { id, nodes } of violations) fault(`${path} (${colorScheme}, ${width}): ${id}, ${nodes.length} times, as ${nodes[0].html.slice(0, 120)}`);
    await context.close();
  });
}

console.log("every Run button");
await forEach(all, async (path) => {
  const { context, page, seen } = await visitor("light");
  await arrive(page, base + path);
  await page.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
  const buttons = page.locator(".cell .cell-bar button:first-child");
  const count = await page.locator(".cell").count();
  if ((await buttons.count()) !== count) fault(`${path}: ${count} cells and ${await buttons.count()} Run buttons`);
  const begun = Date.now();
  for (let i = 0; i < count; i++) {
    const cell = page.locator(".cell").nth(i);
    const run = await buttons.nth(i).textContent();
    await buttons.nth(i).click();
    await cell.and(page.locator("[data-state]")).waitFor({ timeout: PATIENCE }).catch(() => {});
    await buttons.nth(i).and(page.getByText(run, { exact: true })).waitFor({ timeout: PATIENCE });
    const state = await cell.getAttribute("data-state");
    if (state !== "same") fault(`${await cell.getAttribute("data-cell")} is ${state}: ${(await cell.locator(".cell-status").textContent())} ${(await cell.locator(".cell-output").textContent()).slice(0, 200)}`);
  }
  cells += count;
  if (seen.python > MAX_PYTHON) fault(`${path} fetched ${seen.python} bytes of Python`);
  if (count) console.log(`  ${path || "index"}: ${count} cells, ${seen.python} bytes, ${Date.now() - begun} ms`);
  await context.close();
});

for (const [lang, folder] of Object.entries(LANGUAGES)) {
  console.log(`${lang}: Stop ends an endless loop, and what is edited is the reader's own`);
  {
    const { context, page } = await visitor("light");
    await arrive(page, `${base}${folder}rnncell/`);
    const cell = page.locator(".cell").first();
    const [run, edit] = [cell.locator(".cell-bar button").nth(0), cell.locator(".cell-bar button").nth(1)];
    await edit.click();
    await cell.locator("textarea").fill("print('before', flush=True)\nwhile True: pass");
    await run.click();
    await cell.locator(".cell-output", { hasText: "before" }).waitFor({ timeout: PATIENCE });
    await page.evaluate(() => new Promise(requestAnimationFrame)); // the page itself goes on
    await run.click();
    await cell.locator(".cell-status", { hasText: words[lang].stopped }).waitFor({ timeout: 5000 }).catch(() => fault("Stop does not stop"));
    await cell.locator("textarea").fill("6 * 7");
    await cell.locator("textarea").press("Control+Enter");
    await cell.and(page.locator("[data-state=own]")).waitFor({ timeout: PATIENCE }).catch(() => fault("an edited cell is not the reader's own"));
    if (!(await cell.locator(".cell-output").textContent()).includes("42")) fault("an edited cell does not print what it says");
    if ((await cell.locator(".cell-status").textContent()) !== words[lang].own) fault("an edited cell's status is in another language");
    await edit.click();
    if (await cell.locator("textarea").count()) fault("Reset leaves the editor");
    await context.close();
  }

  console.log(`${lang}: the playground learns, by keyboard alone`);
  {
    const { context, page, seen } = await visitor("light");
    await arrive(page, base + folder);
    const said = page.locator("#playground [role=status]");
    await page.locator("#play-word").focus();
    await page.keyboard.press("Control+A");
    await page.keyboard.press("Delete");
    await page.keyboard.press("Enter");
    await page.locator(".play-error", { hasText: words[lang].wordMissing }).waitFor({ timeout: 5000 }).catch(() => fault("an empty word gets no sentence"));
    if (seen.python) fault("a word that cannot be learned fetches Python");
    await page.keyboard.type("abba");
    await page.locator("#play-target").fill("bbaa");
    await page.keyboard.press("Enter");
    const learned = new RegExp(words[lang].learned("[0-9]+", "abba", "bbaa").replace(/\.$/, ""));
    await said.filter({ hasText: learned }).waitFor({ timeout: PATIENCE }).catch(() => fault("nothing is learned"));
    console.log(`  it says: ${await said.textContent()}`);
    await context.close();
  }
}

console.log("the switch of language stays on its page");
{
  const { context, page } = await visitor("light");
  await arrive(page, `${base}api/nn/`);
  for (const [lang, folder] of Object.entries(LANGUAGES).reverse()) { // there, and back to the first
    await page.locator(".language").click();
    await page.waitForURL(`${base}${folder}api/nn/`, { timeout: 5000 }).catch(() => fault(`the switch leads to ${page.url()}`));
    if ((await page.locator("html").getAttribute("lang")) !== lang) fault(`${page.url()} is not in ${lang}`);
  }
  await context.close();
}

console.log("Chinese words are found");
for (const [term, wanted] of Object.entries(TERMS)) {
  const { context, page } = await visitor("light");
  await arrive(page, `${base}zh/`);
  const input = page.locator(".md-search__input");
  await input.click();
  await input.fill(term);
  await input.press("End"); // the search listens to keys
  const links = page.locator(".md-search-result__link");
  await links.first().waitFor({ timeout: PATIENCE }).catch(() => {});
  const found = await links.evaluateAll((all) => all.map((each) => new URL(each.href).pathname.split("/zh/")[1].replace(/\/$/, "")));
  const best = [...new Set(found)].slice(0, 3);
  console.log(`  ${term}: ${best.join(", ")}`);
  if (!best.includes(wanted)) fault(`${term} does not find ${wanted}`);
  await context.close();
}

await browser.close();
server.close();
console.log(`${all.length} pages, ${cells} cells, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
