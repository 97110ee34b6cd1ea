// Thousands of scenarios: the size of the file, the time to the first view, and a list that stays usable.

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { after, before, test } from "node:test";
import { failed, manyOutcomes, recordOf } from "./records.js";
import { browserVersion, close, open, report, startBrowser } from "./support.js";

let browser;

before(async () => {
  browser = await startBrowser();
  console.log(browserVersion());
});

after(() => browser?.close());

/** Returns the best of some times to the first view with the list: other work on the machine only adds to them. */
async function firstView(path) {
  const times = [];
  for (let round = 0; round < 4; round += 1) {
    const page = await open(browser, path);
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
    times.push(
      await page.evaluate(() =>
        Math.max(
          performance.getEntriesByName("first-contentful-paint")[0].startTime,
          Number(document.documentElement.dataset.ready),
        ),
      ),
    );
    await close(page);
  }
  return Math.min(...times);
}

for (const [number, limit, largest] of [
  [2000, 1000, 5_000_000],
  [5000, 2000, 8_000_000],
]) {
  test(`${number} scenarios: small, fast, usable`, async () => {
    const path = report(recordOf(manyOutcomes(number)));
    const { size } = statSync(path);
    const time = await firstView(path);
    console.log(`${number} scenarios: ${size} bytes, first view after ${Math.round(time)} ms`);
    assert.ok(size <= largest, `${size} bytes`);
    assert.ok(time < limit, `${time} ms`);
    const page = await open(browser, path);
    await page.focus("#rows a");
    await page.keyboard.press("End");
    assert.equal(await page.evaluate(() => document.activeElement.dataset.index), String(number - 1));
    assert.ok(
      await page.evaluate(() => {
        const { top, bottom } = document.activeElement.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      }),
    );
    await page.keyboard.press("PageUp");
    assert.equal(await page.evaluate(() => document.activeElement.dataset.index), String(number - 11));
    const before = Date.now();
    await page.fill("#search", "number-0047");
    assert.equal(await page.locator("#rows a").count(), 1);
    assert.ok(Date.now() - before < 2000, `${Date.now() - before} ms for a search`);
    await page.fill("#search", "");
    // While the browser is idle, it makes all rows, so that its own search finds them.
    await page.waitForFunction((rows) => document.querySelectorAll("#rows a").length === rows, number);
    await close(page);
  });
}

test("a page in which all of 2,000 scenarios fail is small, and says what it leaves out", async () => {
  const outcomes = manyOutcomes(2000).map((outcome, index) => {
    const { breach } = manyOutcomes(8).find((one) => one.breach);
    return failed(outcome.id, { cause: { id: `cause-${index % 50}`, sentence: `Cause ${index % 50}.` } }, breach);
  });
  const path = report(recordOf(outcomes));
  assert.ok(statSync(path).size <= 5_000_000, `${statSync(path).size} bytes`);
  const page = await open(browser, path, { address: `#${outcomes.at(-1).id}` });
  assert.match(await page.locator("main").innerText(), /leaves out the traffic of this scenario/);
  assert.equal(await page.locator(".expected del").innerText(), "hello");
  await page.evaluate((id) => (location.hash = `#${id}`), outcomes[3].id);
  await page.waitForSelector(".diagram svg");
  await close(page);
});
