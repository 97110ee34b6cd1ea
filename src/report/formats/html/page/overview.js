// The overview: what the run found as a whole. Grouped causes come first, as in the text output.

/** The number of scenarios that a cause names. */
const NAMED = 6;

function overview(filters) {
  return make(
    "div",
    { class: "overview" },
    make("h2", { tabindex: "-1", id: "heading" }, headline()),
    verdictBar(),
    facts(),
    causes(filters),
    notices(),
    knownDeviations(filters),
    flaky(filters),
    next(),
    layers(filters),
    make(
      "p",
      { class: "dim keys" },
      "Keys in the list: ",
      [
        ["↑ ↓", "move"],
        ["Enter", "open"],
        ["j k", "open the next or the previous one"],
        ["/", "search"],
      ].map(([key, text]) => [make("kbd", {}, key), ` ${text}  `]),
    ),
  );
}

function headline() {
  const { fail, error, warn, known } = data.summary;
  const unexplained = data.scenarios.filter((one) => rank(one) < 2.5);
  const number = (verdict) => unexplained.filter((one) => one.verdict === verdict).length;
  const all = count(data.scenarios.length, "scenario");
  const parts = [];
  if (number("fail")) parts.push(`${number("fail").toLocaleString("en")} failed`);
  if (number("error")) parts.push(`${number("error").toLocaleString("en")} could not be judged`);
  if (number("warn")) parts.push(`${number("warn").toLocaleString("en")} warned`);
  if (data.run.interrupted) parts.push("the run was interrupted");
  if (parts.length > 0) return `Of ${all}, ${parts.join(", ")}`;
  if (data.summary.pass === 0 && fail + error + warn === 0) return `None of ${all} ran`;
  return known > 0 ? `Of ${all}, none failed, apart from known deviations` : `Of ${all}, none failed`;
}

function verdictBar() {
  const parts = VERDICTS.filter((verdict) => data.summary[verdict] > 0);
  const all = Math.max(1, data.scenarios.length);
  let x = 0;
  const bars = parts.map((verdict) => {
    const width = (data.summary[verdict] / all) * 1000;
    const bar = draw("rect", { class: verdict, x, y: 0, width: Math.max(width, 3), height: 10 });
    x += width;
    return bar;
  });
  return draw(
    "svg",
    {
      class: "bar",
      viewBox: "0 0 1000 10",
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": verdictsInWords(data.scenarios),
    },
    bars,
  );
}

function facts() {
  const { target, run, summary, version } = data;
  const list = [
    ["Target", target.version ? `${target.name} (${target.version})` : target.name],
    ["Address", target.url || "not started"],
    ["Duration", duration(summary.duration_ms)],
    ["sockspec", version],
    ["Seed", String(run.seed)],
    ["At once", count(run.jobs, "scenario")],
  ];
  return [
    make(
      "dl",
      { class: "facts" },
      list.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
    ),
    target.provides.length > 0 &&
      make(
        "details",
        {},
        make(
          "summary",
          {},
          `The target provides ${target.provides.length === 1 ? "1 capability" : `${target.provides.length} capabilities`}`,
        ),
        make(
          "p",
          {},
          target.provides.map((name) => [make("code", { class: "tag" }, name), " "]),
        ),
      ),
  ];
}

/** Returns the scenarios that need attention and that no list explains, by cause: the worst ones first, and among them the cause of most scenarios. */
function groups() {
  const groups = new Map();
  for (const scenario of data.scenarios) {
    if (rank(scenario) >= 2.5) continue;
    const key = scenario.cause ?? scenario.id;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(scenario);
  }
  const worst = (group) => Math.min(...group.map(rank));
  return [...groups.values()].sort((one, other) => worst(one) - worst(other) || other.length - one.length);
}

function causes(filters) {
  const all = groups();
  if (all.length === 0) return null;
  return section(
    "What went wrong",
    limitedList(all, 40, (group) => causeItem(group, filters)),
  );
}

function causeItem(group, filters) {
  const members = [...group].sort((one, other) => rank(one) - rank(other));
  const [worst] = members;
  const cause = data.causes[worst.cause];
  const isShared = group.length > 1 && cause;
  const only = new URLSearchParams(cause ? { cause: cause.id } : {});
  return make(
    "li",
    { class: "cause" },
    badge(worst.verdict),
    make(
      "div",
      {},
      make("p", {}, sentence(isShared ? cause.sentence : (worst.reason ?? worst.title))),
      make(
        "p",
        { class: "members" },
        isShared && make("span", { class: "dim" }, `${count(group.length, "scenario")} (${verdictsInWords(group)}): `),
        members.slice(0, NAMED).map((one, index) => [index > 0 && ", ", scenarioLink(one, filters)]),
        group.length > NAMED && [" … ", make("a", { href: addressOf("", only) }, `all ${group.length}`)],
      ),
    ),
  );
}

function scenarioLink(scenario, filters) {
  return make("a", { class: "id", href: addressOf(scenario.id, filters) }, scenario.id);
}

/** Returns a list of the first items, with a button that shows the others. */
function limitedList(items, limit, show) {
  const list = make("ul", { class: "plain" }, items.slice(0, limit).map(show));
  const rest = items.slice(limit);
  if (rest.length === 0) return list;
  const button = make("button", { type: "button" }, `Show ${rest.length} more`);
  button.addEventListener("click", () => {
    list.append(...rest.map(show));
    button.remove();
  });
  return [list, button];
}

function notices() {
  if (data.notices.length === 0) return null;
  return section(
    "Notices",
    make(
      "ul",
      {},
      data.notices.map((notice) => make("li", {}, sentence(notice))),
    ),
  );
}

function knownDeviations(filters) {
  const known = data.scenarios.filter((one) => one.known);
  if (known.length === 0) return null;
  const item = (one) =>
    make(
      "li",
      { class: "cause" },
      badge(one.verdict),
      make("div", {}, scenarioLink(one, filters), make("p", { class: "dim" }, `${one.known.reason} (${one.known.by})`)),
    );
  return make("details", {}, make("summary", {}, count(known.length, "known deviation")), limitedList(known, 40, item));
}

function flaky(filters) {
  const flaky = data.scenarios.filter((one) => one.flaky);
  if (flaky.length === 0) return null;
  const item = (one) => {
    const attempts = (one.attempts ?? [])
      .filter((attempt) => !attempt.replayed)
      .map((attempt) => WORDS[attempt.verdict]);
    return make("li", {}, scenarioLink(one, filters), ` ${attempts.join(", ")}`);
  };
  return section("Flaky: attempts with different verdicts", limitedList(flaky, 40, item));
}

function next() {
  if (data.next.length === 0) return null;
  const item = (one, index) =>
    make(
      "li",
      {},
      index > 0 && "then ",
      `${one.action} `,
      one.names.map((name, at) => [at > 0 && ", ", make("code", {}, name)]),
      ` to run ${count(one.scenarios, "more scenario")}`,
    );
  return section(
    "To run more",
    make("ol", { class: "plain" }, data.next.slice(0, 8).map(item)),
    data.next.length > 8 && make("p", { class: "dim" }, `and ${count(data.next.length - 8, "further step")}`),
  );
}

function layers(filters) {
  const names = [...new Set(data.scenarios.map((one) => one.layer))];
  if (names.length < 2) return null;
  const shown = VERDICTS.filter((verdict) => data.summary[verdict] > 0);
  const rows = names.map((name) => {
    const members = data.scenarios.filter((one) => one.layer === name);
    const cell = (verdict) => members.filter((one) => one.verdict === verdict).length;
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, make("a", { href: addressOf("", new URLSearchParams({ layer: name })) }, name)),
      shown.map((verdict) => make("td", { class: cell(verdict) > 0 ? verdict : "dim" }, cell(verdict))),
      make("td", {}, members.length),
    );
  });
  const head = make(
    "tr",
    {},
    make("th", { scope: "col" }, "Layer"),
    shown.map((verdict) => make("th", { scope: "col" }, WORDS[verdict])),
    make("th", { scope: "col" }, "all"),
  );
  return section("By layer", make("table", { class: "layers" }, make("thead", {}, head), make("tbody", {}, rows)));
}

/** Returns a part of the page with a heading. */
function section(title, ...children) {
  return make("section", {}, make("h3", {}, title), children);
}
