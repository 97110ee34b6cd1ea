// axe-core finds nothing to complain about: all views, light and dark, wide and narrow.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { failed, manyOutcomes, passed, recordOf } from "./records.js";
import { close, open, report, startBrowser } from "./support.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser;
let sample;

before(async () => {
  browser = await startBrowser();
  const further = {
    verdict: "warn",
    kind: "wrong-content",
    sentence: "alice's `news` had no `id`.",
    invariant: null,
    place: null,
    expected: "1",
    received: "nothing",
    tolerated: null,
  };
  sample = report(
    recordOf(
      [
        ...manyOutcomes(200),
        failed(
          "zoo/everything",
          { further: [further], flaky: true, known: { by: "baseline", reason: "Nobody uses this." }, attempts: [] },
          { missing: { client: "member", what: "news", until: { secs: 2, nanos: 0 } } },
        ),
        passed("zoo/error", { verdict: "error", error: "target-not-started", reason: "can't reach 127.0.0.1:3000" }),
        passed("zoo/skip", {
          verdict: "skip",
          reason: "the target does not provide auth-jwt",
          lacks: [{ capability: "auth-jwt" }],
        }),
        passed("zoo/warn", { verdict: "warn", reason: "The connection stayed open.", kind: "connection-stayed-open" }),
      ],
      { notices: [{ notice: "nothing-runs" }] },
    ),
  );
});

after(() => browser?.close());

for (const scheme of ["light", "dark"]) {
  for (const [size, width] of [
    ["wide", 1280],
    ["narrow", 390],
  ]) {
    test(`axe finds no violation in ${scheme}, ${size}`, async () => {
      for (const address of [
        "",
        "#zoo/everything",
        "#zoo/error",
        "#zoo/skip",
        "#acks/scenario-number-0004",
        "#?search=nothing-matches",
        "#no/such",
      ]) {
        const page = await open(browser, sample, { address, scheme, width });
        for (const summary of await page.locator("summary:visible").all()) await summary.click();
        const row = page.locator(".diagram g.row .label").last();
        if (await row.count()) await page.locator(".diagram g.row[data-row] .label").first().click();
        // The page's own policy allows no other script, so axe comes in through the debugger.
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
        const found = violations.map(
          (one) =>
            `${one.id}: ${one.nodes
              .map((node) => node.html)
              .slice(0, 3)
              .join(" | ")}`,
        );
        assert.deepEqual(found, [], address);
        await close(page);
      }
    });
  }
}

test("the page has landmarks, one main heading and a live count", async () => {
  const page = await open(browser, sample);
  for (const role of ["banner", "navigation", "main", "search"])
    assert.equal(await page.getByRole(role).count(), 1, role);
  assert.equal(await page.locator("h1").count(), 1);
  assert.equal(await page.getAttribute("#status", "role"), "status");
  const row = page.locator("#rows [role=listitem]").nth(3);
  assert.equal(await row.getAttribute("aria-posinset"), "4");
  assert.equal(await row.getAttribute("aria-setsize"), "204");
  await close(page);
});
