// Search and filters: which scenarios the list shows, and in which order.

/** The filters with one value, as they stand in the address, and the values that a scenario has for them. */
const FACETS = [
  ["layer", "Layer", (scenario) => [scenario.layer]],
  ["level", "Level", (scenario) => [scenario.level]],
  ["needs", "Capability", (scenario) => scenario.needs ?? []],
  ["requirement", "Requirement", (scenario) => scenario.requirements ?? []],
  ["kind", "Kind of failure", (scenario) => kindsOf(scenario)],
  ["transport", "Transport", (scenario) => [scenario.transport]],
  ["cause", null, (scenario) => (scenario.cause === undefined ? [] : [data.causes[scenario.cause].id])],
];

const ORDERS = {
  worst: ["Worst first", (one, other) => rank(one) - rank(other)],
  id: ["By id", () => 0],
  slowest: ["Slowest first", (one, other) => other.ms - one.ms],
};

/** Verdicts, and what else the buttons can ask for. */
const MARKS = {
  known: ["known", (scenario) => Boolean(scenario.known)],
  flaky: ["flaky", (scenario) => Boolean(scenario.flaky)],
};

function kindsOf(scenario) {
  const further = (scenario.further ?? []).map((finding) => finding.kind);
  return [scenario.kind, scenario.error, ...further].filter(Boolean);
}

/** Returns the scenarios that match the filters of the address, in the order that it asks for. */
function filtered(filters) {
  const words = (filters.get("search") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const verdicts = filters.getAll("verdict");
  const facets = FACETS.filter(([name]) => filters.get(name));
  const matches = data.scenarios.filter(
    (scenario) =>
      (verdicts.length === 0 ||
        verdicts.some((verdict) => (MARKS[verdict] ? MARKS[verdict][1](scenario) : scenario.verdict === verdict))) &&
      facets.every(([name, , values]) => values(scenario).includes(filters.get(name))) &&
      words.every((word) => searchText(scenario).includes(word)),
  );
  const [, compare] = ORDERS[filters.get("order")] ?? ORDERS.worst;
  return matches.sort((one, other) => compare(one, other) || one.place - other.place);
}

function searchText(scenario) {
  scenario.searchText ??= [
    scenario.id,
    scenario.title,
    scenario.reason,
    scenario.file,
    ...(scenario.requirements ?? []),
    ...kindsOf(scenario),
  ]
    .join(" ")
    .toLowerCase();
  return scenario.searchText;
}

/** Returns the form with the search and the filters. `change` gets the new filters. */
function filterForm(change) {
  const filters = () => readAddress().filters;
  const set = (name, value) => {
    const next = filters();
    if (value) next.set(name, value);
    else next.delete(name);
    change(next);
  };
  const search = make("input", {
    type: "search",
    id: "search",
    placeholder: "Search ids, titles, reasons",
    "aria-label": "Search scenarios",
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => set("search", search.value),
  });
  const toggle = (verdict) => {
    const next = filters();
    const others = next.getAll("verdict").filter((one) => one !== verdict);
    const wasSet = others.length < next.getAll("verdict").length;
    next.delete("verdict");
    [...others, ...(wasSet ? [] : [verdict])].forEach((one) => next.append("verdict", one));
    change(next);
  };
  const chips = [...VERDICTS, ...Object.keys(MARKS)]
    .map((verdict) => [
      verdict,
      data.scenarios.filter(MARKS[verdict]?.[1] ?? ((one) => one.verdict === verdict)).length,
    ])
    .filter(([, number]) => number > 0)
    .map(([verdict, number]) =>
      make(
        "button",
        {
          type: "button",
          class: `chip ${verdict}`,
          "data-verdict": verdict,
          "aria-pressed": "false",
          onclick: () => toggle(verdict),
        },
        SIGNS[verdict] && make("span", { "aria-hidden": "true", class: "sign" }, SIGNS[verdict]),
        `${WORDS[verdict] ?? MARKS[verdict][0]} ${number.toLocaleString("en")}`,
      ),
    );
  const selects = FACETS.filter(([, title]) => title)
    .map((facet) => facetSelect(facet, set))
    .filter(Boolean);
  const order = make(
    "select",
    { id: "order", onchange: () => set("order", order.value === "worst" ? "" : order.value) },
    Object.entries(ORDERS).map(([name, [title]]) => make("option", { value: name }, title)),
  );
  selects.push(make("label", { class: "field" }, make("span", {}, "Order"), order));
  return make(
    "form",
    { class: "filters", role: "search", "aria-label": "Scenarios", onsubmit: (event) => event.preventDefault() },
    search,
    make("div", { class: "chips", role: "group", "aria-label": "Verdicts" }, chips),
    make("details", { id: "more" }, make("summary", {}, "More filters"), make("div", { class: "fields" }, selects)),
    make("p", { class: "cause-filter", id: "cause-filter", hidden: true }),
  );
}

function facetSelect([name, title, values], set) {
  const counts = new Map();
  for (const scenario of data.scenarios) {
    for (const value of new Set(values(scenario))) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  if (counts.size < 2 && name !== "kind") return null;
  if (counts.size === 0) return null;
  const sorted = [...counts].sort(([one], [other]) => (one < other ? -1 : 1));
  const select = make(
    "select",
    { id: `filter-${name}`, onchange: () => set(name, select.value) },
    make("option", { value: "" }, "all"),
    sorted.map(([value, number]) => make("option", { value }, `${value} (${number})`)),
  );
  return make("label", { class: "field" }, make("span", {}, title), select);
}

/** Shows in the form what the address says. */
function showFilters(filters, change) {
  const search = document.getElementById("search");
  if (search.value !== (filters.get("search") ?? "")) search.value = filters.get("search") ?? "";
  const verdicts = filters.getAll("verdict");
  for (const chip of document.querySelectorAll(".chip")) {
    chip.setAttribute("aria-pressed", String(verdicts.includes(chip.dataset.verdict)));
  }
  let isSet = false;
  for (const [name] of FACETS) {
    const select = document.getElementById(`filter-${name}`);
    if (!select) continue;
    select.value = filters.get(name) ?? "";
    isSet ||= select.value !== "";
  }
  document.getElementById("order").value = filters.get("order") ?? "worst";
  if (isSet || filters.get("order")) document.getElementById("more").open = true;
  const cause = data.causes.find((one) => one.id === filters.get("cause"));
  const shown = document.getElementById("cause-filter");
  shown.hidden = !cause;
  const clear = () => {
    const next = readAddress().filters;
    next.delete("cause");
    change(next);
  };
  if (cause) {
    shown.replaceChildren(
      ...make(
        "span",
        {},
        `Only this cause: ${cause.sentence} `,
        make("button", { type: "button", onclick: clear }, "Show all causes"),
      ).childNodes,
    );
  }
}
