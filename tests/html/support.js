// Makes reports with the program, and opens them in a real browser without a network.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The program under test. */
const program = process.env.SOCKSPEC_PROGRAM ?? join(root, "target/debug/sockspec");

const browserPath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);

/** A folder of this test process. */
const folder = mkdtempSync(join(tmpdir(), "sockspec-html-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

let made = 0;

/** Returns a path that no other file of this process has. */
export function newPath(extension) {
  made += 1;
  return join(folder, `${made}.${extension}`);
}

/** Runs the program, and returns its exit status. Its cache is that of this process alone. */
export function sockspec(args) {
  const done = spawnSync(program, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, XDG_CACHE_HOME: folder },
    encoding: "utf8",
  });
  if (done.error) throw done.error;
  return done;
}

/** Renders a record, and returns the path of the page. */
export function report(record) {
  const recordPath = newPath("record");
  writeFileSync(recordPath, record);
  const page = newPath("html");
  const done = sockspec(["report", recordPath, "--report", `html=${page}`]);
  assert.equal(done.status, 0, done.stderr);
  return page;
}

/** Puts records side by side, and returns the path of the page. */
export function matrix(records) {
  const paths = records.map((record) => {
    const path = newPath("record");
    writeFileSync(path, record);
    return path;
  });
  const into = newPath("matrix");
  const done = sockspec(["matrix", ...paths, "-o", into]);
  assert.equal(done.status, 0, done.stderr);
  return join(into, "matrix.html");
}

/** Writes a file into the folder in which the program runs. */
export function writeFile(name, text) {
  writeFileSync(join(folder, name), text);
}

/** Starts the browser. As root, as in most containers, Chromium runs only without its sandbox. */
export function startBrowser() {
  assert.ok(browserPath, "Chromium is not installed: `apt-get install chromium`, or set CHROMIUM");
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: browserPath, args });
}

/**
 * Opens a page at `#address`. `page.troubles` collects what a report must not do: errors, blocked parts, dialogs, and
 * requests for anything but the page. `ready` is what the page has when its script has run.
 */
export async function open(
  browser,
  path,
  { address = "", scheme = "light", width = 1280, height = 900, ready = "html[data-ready]" } = {},
) {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height } });
  const page = await context.newPage();
  const url = path.startsWith("http") ? path : pathToFileURL(path).href;
  page.troubles = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.troubles.push(message.text());
  });
  page.on("pageerror", (error) => page.troubles.push(error.message));
  page.on("dialog", (dialog) => {
    page.troubles.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    const asked = request.url().split("#")[0];
    if (asked !== url && asked !== "data:,") page.troubles.push(`request: ${asked}`);
  });
  await page.goto(`${url}${address}`);
  await page.waitForSelector(ready);
  return page;
}

/** Closes a page, and checks that it did nothing that a report must not do. */
export async function close(page) {
  assert.deepEqual(page.troubles, []);
  await page.context().close();
}

/** Returns the version of the browser, for the output of the tests. */
export function browserVersion() {
  return execFileSync(browserPath, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}
