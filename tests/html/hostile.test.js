// Whatever a server sends is text on the page: it is shown, it does nothing, and it adds no element.

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { after, before, test } from "node:test";
import { failed, line, passed, recordOf } from "./records.js";
import { close, open, report, startBrowser } from "./support.js";

const HOSTILE = {
  "a script": "<script>alert(1)</script>",
  "the end of the data": "</script><script>alert(1)</script>",
  "a comment": "<!--<script>",
  "a style": "</style><style>*{display:none}</style>",
  "an image": "<img src=http://127.0.0.1:9/x onerror=alert(1)>",
  "an SVG": "<svg onload=alert(1)><animate onbegin=alert(1)>",
  "a link": "javascript:alert(1)",
  entities: "&lt;b&gt;&#x3c;script&#x3e;",
  "a template": "{{data}} ${alert(1)} `+alert(1)+`",
  "another direction": "abc\u202edcba\u2066\u200f\u061c",
  "right to left": "שלום \u05d0\u05d1 مرحبا",
  zeros: "a\u0000b\u0000",
  "a terminal": "\u001b[2J\u001b]0;owned\u0007\u009b31m",
  "line separators": "a\u2028b\u2029c\r\nd\te",
  "invisible characters": "a\u200b\ufeff\u00ad\u{e0041}\ufffe\ufdd0b",
  "a long word": "x".repeat(1_000_000),
  "many lines": "line\n".repeat(20_000),
  "prototype names": "__proto__ constructor toString",
};

/** Texts that a program has to be careful with inside a packet, because a JSON parser makes other characters of them. */
const PACKETS = [
  '42["\\ud800","\\u0000\\u202e<script>alert(1)</script>"]',
  '42["__proto__",{"__proto__":{"x":1},"constructor":1}]',
  '42["event"' + "[".repeat(3000),
  "4",
  "42[",
  '451-["x",{"$bytes":"00ff"}]',
  '0{"sid":null}',
  "HTTP 999 <b>",
];

let browser;

before(async () => {
  browser = await startBrowser();
});

after(() => browser?.close());

/** Returns an outcome that holds a text in every place to which a server or a file can bring it. */
function outcomeWith(text, id) {
  return failed(
    id,
    {
      title: text,
      reason: text,
      requirements: [text],
      needs: [text],
      file: text,
      cause: { id: `cause of ${id}`, sentence: text },
      proofs: [text],
      known: null,
      further: [
        {
          verdict: "warn",
          kind: "wrong-content",
          sentence: text,
          invariant: null,
          place: null,
          expected: text,
          received: text,
          tolerated: text,
        },
      ],
      attempts: [
        { verdict: "fail", reason: text, kind: null, error: null, duration: { secs: 0, nanos: 1 }, replayed: false },
      ],
    },
    {
      sentence: text,
      place: { file: text, line: 12, column: 3, text, width: 4 },
      expected: text,
      received: `${text}!`,
      tolerated: text,
      missing: { client: text, what: text, until: { secs: 1, nanos: 0 } },
      seen: [
        {
          client: text,
          lines: [
            line(1, true, text),
            line(2, false, `42["${"n"}",${JSON.stringify(text)}]`),
            ...PACKETS.map((packet, at) => line(3 + at, true, packet)),
          ],
          left_out: 1,
        },
      ],
      requirements: [
        {
          id: text,
          level: "must",
          title: text,
          clause: text,
          source: text.startsWith("javascript") ? text : `https://127.0.0.1/${encodeURIComponent(text.slice(0, 50))}`,
        },
      ],
      why: text,
      excerpt: { first_line: 11, lines: ["before", text.slice(0, 5000), "after"] },
      rerun: text,
      log: [text],
    },
  );
}

/** Opens everything of the scenario that can be opened. */
async function unfold(page) {
  for (const summary of await page.locator("main summary").all()) await summary.click();
  for (const row of await page.locator(".diagram g.row[data-row]").all()) {
    await row.dispatchEvent("click");
    const bytes = page.locator(".packet button");
    if (await bytes.count()) await bytes.click();
  }
}

const ALLOWED = new Set(
  "A ARTICLE BODY BUTTON CODE DD DEL DETAILS DIV DL DT FIGCAPTION FIGURE FORM H1 H2 H3 H4 HEAD HEADER HTML INPUT INS KBD LABEL LI LINK MAIN MARK META NAV NOSCRIPT OL OPTION P PRE SCRIPT SECTION SELECT SPAN STRONG STYLE SUMMARY TABLE TBODY TD TH THEAD TITLE TR UL B circle g line path rect svg text title tspan".split(
    " ",
  ),
);

test("hostile texts are inert and visible", async () => {
  const names = Object.keys(HOSTILE);
  const outcomes = names.map((name, index) =>
    outcomeWith(HOSTILE[name], `hostile/number-${String(index).padStart(2, "0")}`),
  );
  const path = report(recordOf(outcomes, { target: HOSTILE["the end of the data"] }));
  assert.ok(statSync(path).size < 3_000_000, `${statSync(path).size} bytes`);
  for (const [index, outcome] of outcomes.entries()) {
    const page = await open(browser, path, { address: `#${outcome.id}` });
    await unfold(page);
    const state = await page.evaluate(
      (allowed) => {
        const elements = [...document.querySelectorAll("*")];
        // What acts on the text around it may not be in any text of the page.
        const acting =
          /[\p{Cs}\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\uffff\u{e0000}-\u{e007f}]/u;
        const texts = [...document.querySelectorAll("body *:not(script)")]
          .flatMap((one) => [...one.childNodes])
          .filter((node) => node.nodeType === Node.TEXT_NODE);
        return {
          strange: elements.map((one) => one.tagName).filter((name) => !allowed.includes(name)),
          scripts: document.scripts.length,
          styles: document.querySelectorAll("style").length,
          handlers: elements.filter((one) => one.getAttributeNames().some((name) => name.startsWith("on"))).length,
          links: [...document.links].map((one) => one.protocol).filter((one) => !["file:", "https:"].includes(one)),
          acting: texts.filter((node) => acting.test(node.data)).map((node) => JSON.stringify(node.data.slice(0, 80))),
          isPolluted: {}.x !== undefined,
          overflows: document.documentElement.scrollWidth > innerWidth,
        };
      },
      [...ALLOWED],
    );
    const name = names[index];
    assert.deepEqual(
      state,
      { strange: [], scripts: 2, styles: 1, handlers: 0, links: [], acting: [], isPolluted: false, overflows: false },
      name,
    );
    assert.ok(await page.locator("nav").isVisible(), name);
    await close(page);
  }
});

test("hostile characters are shown as escapes", async () => {
  const path = report(
    recordOf([
      outcomeWith(HOSTILE["another direction"], "hostile/one"),
      outcomeWith("a\u0000\u001b[31m", "hostile/two"),
    ]),
  );
  const page = await open(browser, path, { address: "#hostile/one" });
  assert.equal(await page.locator(".reason").innerText(), "abc\\u{202e}dcba\\u{2066}\\u{200f}\\u{61c}");
  assert.equal(await page.locator(".reason .escape").count(), 4);
  await page.evaluate(() => (location.hash = "#hostile/two"));
  await page.waitForFunction(() => document.querySelector(".reason").textContent === "a\\0\\u{1b}[31m");
  const packet = page.locator(".diagram g.row[data-row]", { hasText: "alert" }).first();
  await packet.dispatchEvent("click");
  assert.match(await page.locator(".packet").innerText(), /\\u\{d800\}|\\ud800/);
  await close(page);
});

test("the policy of the page stops a script and markup that get in all the same", async () => {
  const page = await open(browser, report(recordOf([passed("a/b")])));
  const outcome = await page.evaluate(() => {
    const done = [];
    const script = document.createElement("script");
    try {
      script.text = "window.owned = true";
      document.body.append(script);
    } catch {
      done.push("script");
    }
    try {
      document.body.innerHTML = "<img src=x>";
    } catch {
      done.push("markup");
    }
    return [done, window.owned];
  });
  assert.deepEqual(outcome, [["script", "markup"], undefined]);
  page.troubles.length = 0;
  await close(page);
});
