// The page that shows several servers side by side.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { failed, passed, recordOf } from "./records.js";
import { close, matrix, open, startBrowser } from "./support.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const REASON = "The server <img src=x onerror=alert(1)> trims it.";

let browser;
let sample;

before(async () => {
  browser = await startBrowser();
  const known = { known: { by: "baseline", reason: REASON } };
  const right = [passed("acks/value"), passed("rooms/join"), passed("rooms/leave"), passed("zoo/<b>last</b>")];
  const other = [
    passed("acks/value"),
    failed("rooms/join", known),
    failed("rooms/leave"),
    passed("zoo/<b>last</b>", { verdict: "skip", reason: "the target does not provide zoo" }),
  ];
  sample = matrix([
    recordOf(right, { target: "reference" }),
    recordOf(other, { target: "my server", version: "socket.io <4.8>" }),
  ]);
});

after(() => browser?.close());

/** Opens the page; its form is shown when the script has run. */
const opened = (options) => open(browser, sample, { ready: "#filters:not([hidden])", ...options });

const shown = (page) => page.locator("tbody tr:visible > th a").allTextContents();

test("the servers stand side by side with their versions", async () => {
  const page = await opened();
  assert.deepEqual(await shown(page), ["acks/value", "rooms/join", "rooms/leave", "zoo/<b>last</b>"]);
  const heads = await page.locator("thead th").allInnerTexts();
  assert.match(heads[1], /^reference/);
  assert.match(heads[2], /^my server\s+socket\.io <4\.8>/);
  await close(page);
});

test("search and filters leave the rows that fit", async () => {
  const page = await opened();
  await page.getByLabel("Search").fill("ROOMS join");
  assert.deepEqual(await shown(page), ["rooms/join"]);
  await page.getByLabel("Search").fill("");
  for (const [choice, ids] of [
    ["deviating", ["rooms/join", "rooms/leave"]],
    ["new", ["rooms/leave"]],
    ["differing", ["rooms/join", "rooms/leave"]],
    ["skipped", ["zoo/<b>last</b>"]],
  ]) {
    await page.getByLabel("Show").selectOption(choice);
    assert.deepEqual(await shown(page), ids, choice);
  }
  assert.equal(await page.locator("#count").textContent(), "1 of 4 scenarios");
  await close(page);
});

test("the keyboard opens the reason of a deviation, which is inert", async () => {
  const page = await opened();
  const reason = page.locator("tbody details").first();
  await reason.locator("summary").focus();
  await page.keyboard.press("Enter");
  assert.ok((await reason.innerText()).includes(REASON));
  assert.equal(await page.locator("img").count(), 0);
  await close(page);
});

for (const scheme of ["light", "dark"]) {
  for (const width of [1280, 390]) {
    test(`axe finds no violation in ${scheme}, ${width} pixels wide`, async () => {
      const page = await opened({ scheme, width });
      for (const summary of await page.locator("summary:visible").all()) await summary.click();
      // The page's own policy allows no other script, so axe comes in through the debugger.
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
      assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes[0].html}`), []);
      await close(page);
    });
  }
}
