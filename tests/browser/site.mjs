/* The built and assembled book in a real Chromium: accessibility, weight, every Run button, Stop.
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
    const length = Number(await response.headerValue("content-length")) || (await response.request().sizes()).responseBodySize;
    seen[response.url().includes("/_py/") ? "python" : "bytes"] += length;
  });
  page.on("console", (message) => message.type() === "error" && fault(`${page.url()}: ${message.text()}`));
  page.on("pageerror", (error) => fault(`${page.url()}: ${error.message}`));
  return { context, page, seen };
}

const all = await pages();
let cells = 0;

console.log(`accessibility and weight of ${all.length} pages`);
for (const [colorScheme, width] of [["light", 1280], ["dark", 390]]) {
  for (const path of all) {
    const { context, page, seen } = await visitor(colorScheme, width);
    await page.goto(base + path, { waitUntil: "networkidle" });
    if (seen.python) fault(`${path} fetches Python before anybody asked for it`);
    if (seen.bytes > MAX_WEIGHT) fault(`${path} weighs ${seen.bytes} bytes`);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wider > 0) fault(`${path} at width ${width} is ${wider} pixels too wide`);
    await page.evaluate(axe);
    const { violations } = await page.evaluate((values) => axe.run(document, { runOnly: { type: "tag", values } }), STANDARDS);
    for (const { id, nodes } of violations) fault(`${path} (${colorScheme}, ${width}): ${id}, ${nodes.length} times, as ${nodes[0].html.slice(0, 120)}`);
    await context.close();
  }
}

console.log("every Run button");
for (const path of all) {
  const { context, page, seen } = await visitor("light");
  await page.goto(base + path, { waitUntil: "networkidle" });
  await page.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
  const buttons = page.locator(".cell .cell-bar button:has-text('Run')");
  const count = await page.locator(".cell").count();
  if (count && (await buttons.count()) !== count) fault(`${path}: ${count} cells and ${await buttons.count()} Run buttons`);
  const begun = Date.now();
  for (let i = 0; i < count; i++) {
    const cell = page.locator(".cell").nth(i);
    await cell.locator(".cell-bar button").first().click();
    await cell.and(page.locator("[data-state]")).waitFor({ timeout: PATIENCE }).catch(() => {});
    await cell.locator(".cell-bar button", { hasText: "Run" }).first().waitFor({ timeout: PATIENCE });
    const state = await cell.getAttribute("data-state");
    if (state !== "same") fault(`${await cell.getAttribute("data-cell")} is ${state}: ${(await cell.locator(".cell-status").textContent())} ${(await cell.locator(".cell-output").textContent()).slice(0, 200)}`);
  }
  cells += count;
  if (seen.python > MAX_PYTHON) fault(`${path} fetched ${seen.python} bytes of Python`);
  if (count) console.log(`  ${path || "index"}: ${count} cells, ${seen.python} bytes, ${Date.now() - begun} ms`);
  await context.close();
}

console.log("Stop ends an endless loop, and what is edited is the reader's own");
{
  const { context, page } = await visitor("light");
  await page.goto(`${base}rnncell/`, { waitUntil: "networkidle" });
  const cell = page.locator(".cell").first();
  const [run, edit] = [cell.locator(".cell-bar button").nth(0), cell.locator(".cell-bar button").nth(1)];
  await edit.click();
  await cell.locator("textarea").fill("print('before', flush=True)\nwhile True: pass");
  await run.click();
  await cell.locator(".cell-output", { hasText: "before" }).waitFor({ timeout: PATIENCE });
  await page.evaluate(() => new Promise(requestAnimationFrame)); // the page itself goes on
  await run.click();
  await cell.locator(".cell-status", { hasText: "Stopped" }).waitFor({ timeout: 5000 }).catch(() => fault("Stop does not stop"));
  await cell.locator("textarea").fill("6 * 7");
  await cell.locator("textarea").press("Control+Enter");
  await cell.and(page.locator("[data-state=own]")).waitFor({ timeout: PATIENCE }).catch(() => fault("an edited cell is not the reader's own"));
  if (!(await cell.locator(".cell-output").textContent()).includes("42")) fault("an edited cell does not print what it says");
  await edit.click();
  if (await cell.locator("textarea").count()) fault("Reset leaves the editor");
  await context.close();
}

console.log("the playground learns, by keyboard alone");
{
  const { context, page, seen } = await visitor("light");
  await page.goto(base, { waitUntil: "networkidle" });
  const said = page.locator("#playground [role=status]");
  await page.locator("#play-word").focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.keyboard.press("Enter");
  await page.locator(".play-error", { hasText: /\w/ }).first().waitFor({ timeout: 5000 }).catch(() => fault("an empty word gets no sentence"));
  if (seen.python) fault("a word that cannot be learned fetches Python");
  await page.keyboard.type("abba");
  await page.locator("#play-target").fill("bbaa");
  await page.keyboard.press("Enter");
  await said.filter({ hasText: "Learned in epoch" }).waitFor({ timeout: PATIENCE }).catch(() => fault("nothing is learned"));
  console.log(`  it says: ${await said.textContent()}`);
  await context.close();
}

await browser.close();
server.close();
console.log(`${all.length} pages, ${cells} cells, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
