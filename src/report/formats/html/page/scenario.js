// One scenario with its evidence, in the order of the text output: what happened, expected beside received, the traffic,
// the lines of the scenario, the requirement, the command that runs it again.

function scenarioView(scenario, list, filters) {
  const evidence = scenario.evidence;
  return make(
    "article",
    { "aria-labelledby": "heading" },
    pager(scenario, list, filters),
    make(
      "h2",
      { tabindex: "-1", id: "heading" },
      badge(scenario.verdict),
      " ",
      make("span", { class: "id" }, scenario.id),
    ),
    make("p", { class: "lead" }, scenario.title),
    metadata(scenario),
    scenario.reason && make("p", { class: `reason ${scenario.verdict}` }, sentence(scenario.reason)),
    sameCause(scenario, filters),
    scenario.known &&
      make("p", {}, make("strong", {}, "Known deviation: "), `${scenario.known.reason} (${scenario.known.by})`),
    scenario.lacks &&
      make(
        "p",
        {},
        "To run it, declare ",
        scenario.lacks.map((name, at) => [at > 0 && ", ", make("code", {}, name)]),
        ".",
      ),
    evidence && evidenceOf(evidence),
    requirements(scenario),
    evidence?.why && section("Why it matters", make("p", {}, evidence.why)),
    evidence && runAgain(evidence.rerun),
    further(scenario),
    attempts(scenario),
    evidence?.log?.length > 0 && section("The server's last output", blockOf(evidence.log.join("\n"))),
    proofs(scenario),
    !evidence &&
      scenario.verdict === "pass" &&
      make(
        "p",
        { class: "dim" },
        "A passed scenario has no traffic in this page. ",
        make("code", {}, `sockspec show '${scenario.id}'`),
        " prints it from the record of the run.",
      ),
  );
}

function pager(scenario, list, filters) {
  const [before, after] = list.neighbours(scenario.id);
  const link = (one, text, name) =>
    one &&
    make("a", { href: addressOf(one.id, filters), "data-pager": name, "aria-label": `${text}: ${one.id}` }, text);
  return make(
    "p",
    { class: "pager" },
    make("a", { href: addressOf("", filters), "data-pager": "all" }, "All scenarios"),
    link(before, "Previous", "previous"),
    link(after, "Next", "next"),
  );
}

function metadata(scenario) {
  const items = [
    ["Level", scenario.level],
    ["Layer", scenario.layer],
    ["Transport", scenario.transport],
    ["Duration", scenario.ms > 0 && duration(scenario.ms)],
    ["Kind", scenario.kind ?? scenario.error],
    ["File", `${scenario.file}:${scenario.line}`],
    ["Needs", scenario.needs?.join(", ")],
  ];
  return make(
    "dl",
    { class: "facts" },
    items
      .filter(([, value]) => value)
      .map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
  );
}

function sameCause(scenario, filters) {
  if (scenario.cause === undefined) return null;
  const cause = data.causes[scenario.cause];
  const others = data.scenarios.filter((one) => one.cause === scenario.cause && one !== scenario);
  if (others.length === 0) return null;
  const only = new URLSearchParams({ cause: cause.id });
  return make(
    "p",
    { class: "members" },
    "The same cause: ",
    others.slice(0, NAMED).map((one, index) => [index > 0 && ", ", scenarioLink(one, filters)]),
    others.length > NAMED && [" … ", make("a", { href: addressOf(scenario.id, only) }, `all ${others.length + 1}`)],
  );
}

function evidenceOf(evidence) {
  const hasValues = evidence.expected !== undefined || evidence.received !== undefined;
  return [
    evidence.invariant && make("p", {}, "Broken rule: ", make("code", {}, evidence.invariant)),
    hasValues && difference(evidence.expected ?? null, evidence.received ?? null),
    evidence.tolerated && make("p", {}, "The server meets the lenient form: ", make("code", {}, evidence.tolerated)),
    evidence.seen?.length > 0 && diagramSection(evidence),
    evidence.is_short &&
      make(
        "p",
        { class: "dim" },
        "The page leaves out the traffic of this scenario to stay small; ",
        make("code", {}, "sockspec show"),
        " prints it.",
      ),
    source(evidence),
  ];
}

/** Returns the scenario as it stands in its file, with the line of the finding marked. */
function source(evidence) {
  const { place } = evidence;
  const excerpt = evidence.excerpt === undefined ? null : data.excerpts[evidence.excerpt];
  if (!excerpt && !place) return null;
  const isInside =
    excerpt && place && place.line >= excerpt.first_line && place.line < excerpt.first_line + excerpt.lines.length;
  const title = place ? `${place.file}:${place.line}` : excerpt.file;
  return section(
    "The scenario",
    make("p", { class: "dim path" }, title),
    place && !isInside && code([place.text], place.line, place),
    excerpt && code(excerpt.lines, excerpt.first_line, isInside ? place : null),
  );
}

function code(lines, first, place) {
  const rows = lines.map((text, index) => {
    const number = first + index;
    const isFailing = place?.line === number;
    return make(
      "div",
      { class: isFailing ? "line failing" : "line" },
      make("span", { class: "number" }, isFailing ? "▶ " : "", number),
      make("span", { class: "text" }, isFailing ? markedLine(text, place) : text),
    );
  });
  return make("div", { class: "code", tabindex: "0", role: "group", "aria-label": "Lines of the scenario" }, rows);
}

function markedLine(text, place) {
  const characters = Array.from(text);
  const [from, to] = [place.column - 1, place.column - 1 + place.width];
  return [
    characters.slice(0, from).join(""),
    make("mark", {}, characters.slice(from, to).join("")),
    characters.slice(to).join(""),
  ];
}

function requirements(scenario) {
  if (!scenario.requirements?.length) return null;
  const item = (id) => {
    const known = data.requirements[id];
    const only = new URLSearchParams({ requirement: id });
    return make(
      "li",
      {},
      make(
        "p",
        {},
        known && make("span", { class: "level" }, known.level),
        " ",
        make("a", { class: "id", href: addressOf(scenario.id, only) }, id),
      ),
      known && make("p", {}, known.title),
      known &&
        (known.clause || known.source) &&
        make("p", { class: "dim" }, webLink(known.source, known.clause ?? known.source)),
    );
  };
  return section(
    "What a correct server does",
    make("ul", { class: "plain requirements" }, scenario.requirements.map(item)),
  );
}

function runAgain(command) {
  const shown = make("code", {}, command);
  return section(
    "Run exactly this again",
    make("p", { class: "command" }, shown, copyButton(command, shown, "Copy the command")),
  );
}

function further(scenario) {
  if (!scenario.further?.length) return null;
  const item = (finding) =>
    make(
      "li",
      {},
      make(
        "p",
        {},
        badge(finding.verdict),
        " ",
        sentence(finding.sentence),
        finding.place && make("span", { class: "dim" }, ` (line ${finding.place.line})`),
      ),
      (finding.expected !== undefined || finding.received !== undefined) &&
        difference(finding.expected ?? null, finding.received ?? null),
    );
  return section("Further findings", limitedList(scenario.further, 10, item));
}

function attempts(scenario) {
  if (!scenario.attempts?.length) return null;
  const row = (attempt, index) =>
    make(
      "tr",
      {},
      make("td", {}, index + 1),
      make("td", {}, badge(attempt.verdict)),
      make("td", {}, duration(attempt.duration_ms)),
      make(
        "td",
        {},
        sentence(attempt.reason ?? ""),
        attempt.replayed &&
          make("span", { class: "dim" }, " This machine was too busy, so the attempt does not count."),
      ),
    );
  const head = make(
    "tr",
    {},
    ["Attempt", "Verdict", "Duration", "Reason"].map((name) => make("th", { scope: "col" }, name)),
  );
  const left = scenario.left_out_attempts;
  return section(
    "Attempts",
    make("table", {}, make("thead", {}, head), make("tbody", {}, scenario.attempts.map(row))),
    left && make("p", { class: "dim" }, `and ${count(left, "further attempt")}`),
  );
}

function proofs(scenario) {
  if (!scenario.proofs?.length) return null;
  return make(
    "details",
    {},
    make("summary", {}, "How silence was proved"),
    make(
      "ul",
      {},
      scenario.proofs.map((proof) => make("li", {}, proof)),
    ),
  );
}
