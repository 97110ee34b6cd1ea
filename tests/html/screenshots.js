// Writes pictures of the page, to be looked at: `node screenshots.js FOLDER [PAGE]`.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failed, manyOutcomes, passed, recordOf } from "./records.js";
import { open, report, startBrowser } from "./support.js";

const [folder, given] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

const missing = { client: "member", what: 'the event `news` {"room":"r1"}', until: { secs: 2, nanos: 0 } };
const page =
  given ??
  report(
    recordOf([
      ...manyOutcomes(400),
      failed("rooms/to-excludes-sender", { flaky: true, attempts: [] }, { missing }),
      failed("rooms/known", { known: { by: "baseline", reason: "Nobody uses this." } }),
      passed("auth/expired", {
        verdict: "skip",
        reason: "the target does not provide auth-jwt",
        lacks: [{ capability: "auth-jwt" }],
      }),
    ]),
  );
const scenario = process.env.SCENARIO ?? "#rooms/to-excludes-sender";

const browser = await startBrowser();
for (const [name, options] of Object.entries({
  "overview-light": {},
  "overview-dark": { scheme: "dark" },
  "scenario-light": { address: scenario, height: 1700 },
  "scenario-dark": { address: scenario, scheme: "dark", height: 1700 },
  "phone-overview": { width: 390, height: 844 },
  "phone-scenario": { address: scenario, width: 390, height: 1900, scheme: "dark" },
})) {
  const shown = await open(browser, page, options);
  const row = shown.locator(".diagram g.row.event .label").first();
  if (await row.count()) await row.click();
  await shown.screenshot({ path: join(folder, `${name}.png`) });
  await shown.context().close();
}
for (const [name, address] of [
  ["print-overview", ""],
  ["print-scenario", scenario],
]) {
  const shown = await open(browser, page, { address, width: 794, height: 1123 });
  await shown.emulateMedia({ media: "print" });
  await shown.screenshot({ path: join(folder, `${name}.png`), fullPage: name === "print-scenario" });
  writeFileSync(join(folder, `${name}.pdf`), await shown.pdf({ format: "A4" }));
  await shown.context().close();
}
await browser.close();
