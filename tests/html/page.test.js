// The page as people use it: opening, searching, filtering, links, a failed scenario, the keyboard.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { failed, line, passed, recordOf } from "./records.js";
import { close, newPath, open, report, sockspec, startBrowser, writeFile } from "./support.js";

const OUTCOMES = [
  passed("acks/value"),
  passed("acks/value-twice", { flaky: true, attempts: [attempt("fail"), attempt("pass")] }),
  passed("auth/expired[polling]@polling", {
    verdict: "skip",
    reason: "the target does not provide auth-jwt",
    lacks: [{ capability: "auth-jwt" }],
    needs: ["auth-jwt"],
    transport: "polling",
  }),
  failed("rooms/known", { known: { by: "baseline", reason: "Nobody uses this." } }),
  failed("rooms/to-excludes-sender"),
  failed("rooms/to-excludes-sender-twice"),
  passed("websocket/close", {
    verdict: "warn",
    reason: "The connection stayed open.",
    kind: "connection-stayed-open",
    level: "should",
    file: "specs/websocket/close.yaml",
  }),
];

function attempt(verdict) {
  return {
    verdict,
    reason: verdict === "fail" ? "no ack within 2 s" : null,
    kind: verdict === "fail" ? "not-acknowledged" : null,
    error: null,
    duration: { secs: 0, nanos: 9_000_000 },
    replayed: false,
  };
}

let browser;
let sample;

before(async () => {
  browser = await startBrowser();
  sample = report(recordOf(OUTCOMES));
});

after(() => browser?.close());

const ids = (page) => page.locator("#rows .row .id").allTextContents();
const heading = (page) => page.locator("#heading").innerText();

test("the page opens with the counts, the causes and the worst scenarios first", async () => {
  const page = await open(browser, sample);
  assert.equal(await heading(page), "Of 7 scenarios, 2 failed, 1 warned");
  assert.equal(await page.locator(".counts").innerText(), "2 pass, 1 WARN, 2 FAIL, 1 skip, 1 known, 1 flaky in 12.3 s");
  assert.equal(await page.locator("#status").innerText(), "7 scenarios");
  assert.deepEqual((await ids(page)).slice(0, 4), [
    "rooms/to-excludes-sender",
    "rooms/to-excludes-sender-twice",
    "websocket/close",
    "rooms/known",
  ]);
  const cause = page.locator(".cause").first();
  assert.match(
    await cause.innerText(),
    /A client received room-message; it must not receive it\.\s+2 scenarios \(2 FAIL\): rooms\/to-excludes-sender, rooms\/to-excludes-sender-twice/,
  );
  assert.match(await page.locator("main").innerText(), /declare auth-jwt to run 1 more scenario/);
  assert.match(await page.title(), /^Of 7 scenarios, 2 failed, 1 warned – a-target$/);
  await close(page);
});

test("search and filters narrow the list, and the address keeps them", async () => {
  const page = await open(browser, sample);
  await page.fill("#search", "twice rooms");
  assert.deepEqual(await ids(page), ["rooms/to-excludes-sender-twice"]);
  assert.equal(await page.locator("#status").innerText(), "1 of 7 scenarios");
  await page.fill("#search", "");
  await page.click("[data-verdict=fail]");
  assert.deepEqual(await ids(page), ["rooms/to-excludes-sender", "rooms/to-excludes-sender-twice", "rooms/known"]);
  await page.click("[data-verdict=warn]");
  assert.equal((await ids(page)).length, 4);
  assert.equal(await page.getAttribute("[data-verdict=warn]", "aria-pressed"), "true");
  await page.click("#more summary");
  await page.selectOption("#filter-layer", "WebSocket");
  assert.deepEqual(await ids(page), ["websocket/close"]);
  const address = await page.evaluate(() => location.hash);
  assert.equal(address, "#?verdict=fail&verdict=warn&layer=WebSocket");
  await close(page);
  const again = await open(browser, sample, { address });
  assert.deepEqual(await ids(again), ["websocket/close"]);
  assert.equal(await again.inputValue("#filter-layer"), "WebSocket");
  await close(again);
});

test("each filter finds the scenarios that have its value", async () => {
  const page = await open(browser, sample);
  await page.click("#more summary");
  for (const [name, value, found] of [
    ["layer", "Application", 6],
    ["level", "should", 1],
    ["needs", "auth-jwt", 1],
    ["requirement", "rooms.to-excludes-sender", 3],
    ["kind", "delivered-to-outsider", 3],
    ["transport", "polling", 1],
  ]) {
    await page.selectOption(`#filter-${name}`, value);
    assert.equal((await ids(page)).length, found, name);
    await page.selectOption(`#filter-${name}`, "");
  }
  await page.selectOption("#order", "id");
  assert.equal((await ids(page))[0], "acks/value");
  await page.click("[data-verdict=known]");
  assert.deepEqual(await ids(page), ["rooms/known"]);
  await close(page);
});

test("a link to a scenario opens it, with its transport and row or without", async () => {
  for (const [address, id] of [
    ["#rooms/to-excludes-sender", "rooms/to-excludes-sender"],
    ["#auth/expired[polling]@polling", "auth/expired[polling]@polling"],
    ["#auth/expired%5Bpolling%5D%40polling", "auth/expired[polling]@polling"],
    ["#auth/expired", "auth/expired[polling]@polling"],
  ]) {
    const page = await open(browser, sample, { address });
    assert.match(await heading(page), new RegExp(`${id.replace(/[[\]]/g, "\\$&")}$`));
    assert.equal(await page.locator("#rows [aria-current] .id").innerText(), id);
    await close(page);
  }
  const page = await open(browser, sample, { address: "#no/such" });
  assert.equal(await heading(page), "No such scenario");
  await close(page);
});

test("a failed scenario shows the difference, the line, the requirement and the command", async () => {
  const page = await open(browser, sample, { address: "#rooms/to-excludes-sender" });
  assert.equal(await page.locator(".expected del").innerText(), "hello");
  assert.equal(await page.locator(".received ins").innerText(), "hallo");
  assert.match(await page.locator(".line.failing").innerText(), /▶ 12\s+- deliver: room-message/);
  assert.equal(await page.locator("mark").innerText(), "deliver: room-message");
  assert.equal(await page.locator(".line").count(), 5);
  const clause = page.locator(".requirements a[target=_blank]");
  assert.equal(await clause.getAttribute("href"), "https://socket.io/docs/v4/server-api/#sockettoroom");
  assert.equal(await clause.getAttribute("rel"), "noopener noreferrer");
  assert.match(await page.locator("main").innerText(), /A chat shows every message twice/);
  assert.equal(await page.locator(".command code").innerText(), "sockspec run 'rooms/to-excludes-sender' --seed 7");
  assert.match(await page.locator("main").innerText(), /The same cause: rooms\/known, rooms\/to-excludes-sender-twice/);
  await page.click(".copy");
  await page.waitForSelector(".copied:not(:empty)");
  await close(page);
});

test("a passed scenario names its requirement and how to see its traffic", async () => {
  const requirement = {
    id: "acks.value",
    level: "must",
    title: "An acknowledgement carries the value",
    clause: "Protocol, section 5",
    source: "javascript:alert(1)",
  };
  const page = await open(browser, report(recordOf([passed("acks/value")], { requirements: [requirement] })), {
    address: "#acks/value",
  });
  const text = await page.locator("main").innerText();
  assert.match(text, /must\s+acks\.value\s+An acknowledgement carries the value\s+Protocol, section 5/);
  assert.match(text, /sockspec show 'acks\/value' prints it/);
  assert.equal(await page.locator(".requirements a[target]").count(), 0, "only addresses of the web are links");
  await close(page);
});

test("the diagram has a lane for each client and the server, and folds heartbeats", async () => {
  const page = await open(browser, sample, { address: "#rooms/to-excludes-sender" });
  assert.deepEqual(await page.locator(".diagram text.name").allTextContents(), [
    "sendersender",
    "membermember",
    "serverserver",
  ]);
  assert.equal(await page.locator(".diagram g.row").count(), 10);
  assert.match(await page.locator(".diagram .heartbeats").textContent(), /2 heartbeat packets until \+6 ms/);
  const event = page.locator(".diagram g.row.event").first();
  assert.match(await event.textContent(), /EVENT #1 send-to-room \{"room":"r1","text":"hi"\}/);
  await event.locator(".label").click();
  assert.match(await page.locator(".packet").innerText(), /EVENT send-to-room sender → server, \+7 ms\s+Ack id: 1/);
  await page.click(".packet button");
  assert.match(await page.locator(".packet .bytes").innerText(), /^0000 {2}34 32 31 5b 22 73 65 6e 64/);
  await page.focus(".diagram");
  await page.keyboard.press("ArrowDown");
  assert.match(await page.locator(".packet h4").innerText(), /^EVENT room-message server → sender/);
  await page.click(".as-table summary");
  await page.waitForSelector(".as-table table");
  assert.equal(await page.locator(".as-table tbody tr").count(), 11);
  assert.match(await page.locator("main").innerText(), /Not shown: 3 earlier lines of member/);
  await close(page);
});

test("what a client waited for in vain is a dashed arrow", async () => {
  const missing = { client: "member", what: "the event `news`", until: { secs: 2, nanos: 0 } };
  const seen = [{ client: "sender", lines: [line(1, false, "40")], left_out: 1 }];
  const page = await open(browser, report(recordOf([failed("rooms/news", {}, { missing, seen })])), {
    address: "#rooms/news",
  });
  assert.deepEqual(await page.locator(".diagram text.name").allTextContents(), [
    "sendersender",
    "membermember",
    "serverserver",
  ]);
  const arrow = page.locator(".diagram .missing");
  assert.match(await arrow.textContent(), /^\+2\.0 sdid not come: the event `news`/);
  assert.notEqual(await arrow.locator("line").evaluate((one) => getComputedStyle(one).strokeDasharray), "none");
  assert.match(
    await page.locator(".diagram svg").getAttribute("aria-label"),
    /member waited in vain for the event `news`/,
  );
  await page.click(".as-table summary");
  await page.waitForSelector(".as-table table");
  assert.match(await page.locator(".as-table tbody tr").last().innerText(), /member\s+did not receive/);
  await close(page);
});

test("the keyboard alone reaches everything", async () => {
  const page = await open(browser, sample);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "skip");
  await page.focus("#search");
  const tabTo = async (selector) => {
    for (let presses = 0; presses < 30; presses += 1) {
      await page.keyboard.press("Tab");
      if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    }
    assert.fail(`Tab does not reach ${selector}`);
  };
  await tabTo("#rows a");
  const focused = () => page.evaluate(() => document.activeElement.querySelector(".id")?.textContent);
  assert.equal(await focused(), "rooms/to-excludes-sender");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(), "rooms/to-excludes-sender-twice");
  await page.keyboard.press("End");
  assert.equal(await focused(), "auth/expired[polling]@polling");
  await page.keyboard.press("Home");
  await page.keyboard.press("j");
  assert.equal(await focused(), "rooms/to-excludes-sender-twice");
  assert.match(await heading(page), /rooms\/to-excludes-sender-twice$/);
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "search");
  await tabTo("#rows a");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.id === "heading");
  await tabTo(".diagram");
  await tabTo(".copy");
  await close(page);
});

test("a narrow screen shows the overview with the list, or one scenario", async () => {
  const page = await open(browser, sample, { width: 390, height: 844 });
  const isVisible = (selector) => page.locator(selector).first().isVisible();
  assert.ok((await isVisible("#rows a")) && (await isVisible(".overview")));
  await page.click("#rows a");
  await page.waitForSelector("article");
  assert.ok(!(await isVisible("#rows a")) && (await isVisible("article")));
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `${width} pixels`);
  assert.ok(
    await page.evaluate(
      () => document.querySelector(".diagram svg").clientWidth <= document.querySelector(".diagram").clientWidth,
    ),
  );
  await page.click("[data-pager=all]");
  await page.waitForSelector(".overview");
  assert.ok(await isVisible("#rows a"));
  await close(page);
});

test("a printed overview has all scenarios, and a printed scenario only itself", async () => {
  const page = await open(browser, sample);
  await page.emulateMedia({ media: "print" });
  assert.ok(await page.locator("#rows a").first().isVisible());
  assert.ok(!(await page.locator("#search").isVisible()));
  await page.evaluate(() => (location.hash = "#rooms/known"));
  await page.waitForSelector("article");
  assert.ok(!(await page.locator("#rows a").first().isVisible()));
  assert.ok(await page.locator(".line.failing").isVisible());
  assert.ok((await page.pdf()).length > 1000);
  await close(page);
});

test("a page from a server asks for nothing else", async () => {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.setHeader("content-type", "text/html");
    response.end(readFileSync(sample));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const page = await open(browser, `http://127.0.0.1:${server.address().port}/report.html`, {
    address: "#rooms/known",
  });
  await page.waitForLoadState("networkidle");
  await close(page);
  server.close();
  assert.deepEqual(asked, ["/report.html"]);
});

test("a browser without scripts shows the counts and what failed", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(pathToFileURL(sample).href);
  assert.match(await page.locator(".counts").innerText(), /^2 pass, 1 WARN, 2 FAIL/);
  assert.deepEqual(await page.locator("main li code").allTextContents(), [
    "rooms/to-excludes-sender",
    "rooms/to-excludes-sender-twice",
  ]);
  assert.ok(!(await page.locator("nav").isVisible()));
  await context.close();
});

test("a scenario can have the name of a part of the page", async () => {
  const page = await open(browser, report(recordOf([passed("main"), passed("search")])), { address: "#main" });
  assert.match(await heading(page), /main$/);
  await page.evaluate(() => (location.hash = "#search"));
  await page.waitForFunction(() => document.getElementById("heading").textContent.endsWith("search"));
  await close(page);
});

test("a run writes the same page as a report from its record, with what was awaited", async () => {
  writeFile(
    "news.yaml",
    [
      "scenarios:",
      "- id: chat/news",
      "  title: A client gets the news",
      "  clients: [alice, bob]",
      "  steps:",
      "  - call: echo",
      "    as: alice",
      "    with: hi",
      "    reply: hi",
      "  - expect: news",
      "    as: bob",
      "    within: 300ms",
      "",
    ].join("\n"),
  );
  const [direct, later, record] = [newPath("html"), newPath("html"), newPath("record")];
  const run = sockspec(["run", "news.yaml", "--report", `html=${direct}`, "--record", record]);
  assert.equal(run.status, 1, run.stderr);
  assert.equal(sockspec(["report", record, "--report", `html=${later}`]).status, 0);
  assert.ok(readFileSync(direct).equals(readFileSync(later)));
  const page = await open(browser, direct, { address: "#chat/news" });
  assert.match(await page.locator(".reason").innerText(), /^bob did not receive news within 300 ms/);
  assert.match(await page.locator(".diagram .missing").textContent(), /did not come: news/);
  assert.match(await page.locator(".line.failing").innerText(), /▶ 10\s+- expect: news/);
  assert.equal(await page.locator(".line").count(), 11);
  await close(page);
});
