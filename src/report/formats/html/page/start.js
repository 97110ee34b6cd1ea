// Puts the page together, and shows what the address asks for.

const list = new ScenarioList();

let shownFilters = null;

/** Goes to a scenario, or to the overview if `id` is empty. With `stay`, the focus stays where it is. */
function go(id, filters, focus) {
  history.replaceState(null, "", addressOf(id, filters));
  render(focus);
}

function changeFilters(filters) {
  history.replaceState(null, "", addressOf(readAddress().id, filters));
  renderList(filters);
}

function renderList(filters) {
  const text = filters.toString();
  if (text === shownFilters) return;
  shownFilters = text;
  list.show(filtered(filters), filters);
  showFilters(filters, changeFilters);
  if (list.current) list.setCurrent(list.current);
}

/** Returns the scenario with an id. An id without transport or row finds the worst scenario that has it. */
function scenarioWithId(id) {
  const exact = data.scenarios.find((one) => one.id === id);
  if (exact) return exact;
  const forms = data.scenarios.filter((one) => one.id.startsWith(`${id}@`) || one.id.startsWith(`${id}[`));
  return forms.sort((one, other) => rank(one) - rank(other))[0];
}

function render(focus) {
  const { id, filters } = readAddress();
  renderList(filters);
  const scenario = id ? scenarioWithId(id) : null;
  list.setCurrent(scenario?.id);
  const main = document.getElementById("main");
  document.getElementById("panes").dataset.view = id ? "scenario" : "overview";
  if (scenario) main.replaceChildren(scenarioView(scenario, list, filters));
  else if (id)
    main.replaceChildren(
      make("h2", { tabindex: "-1", id: "heading" }, "No such scenario"),
      make("p", {}, "This report has no scenario ", make("code", {}, id), "."),
    );
  else main.replaceChildren(overview(filters));
  main.scrollTop = 0;
  const name = data.target.name;
  document.title = visible(
    scenario ? `${SIGNS[scenario.verdict]} ${scenario.id} – ${name}` : `${headline()} – ${name}`,
  );
  if (focus === "heading") {
    window.scrollTo(0, 0);
    document.getElementById("heading").focus({ preventScroll: true });
  }
}

function start() {
  data.scenarios.forEach((scenario, place) => (scenario.place = place));
  const nav = document.getElementById("nav");
  nav.append(filterForm(changeFilters), list.status, list.body);
  nav.hidden = false;
  render();
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("heading").focus();
  });
  addEventListener("hashchange", () => render("heading"));
  // A link to what is shown already changes no address.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#']");
    if (link && link.id !== "skip" && link.hash === location.hash) render("heading");
  });
  addEventListener("beforeprint", () => list.fillAll());
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
}

const data = JSON.parse(document.getElementById("data").textContent);
start();
