// The list of scenarios. Rows are made in blocks, those near the view first and the others while the browser is idle, so
// that thousands of scenarios cost little; each row says its place among all of them.

const BLOCK = 60;

class ScenarioList {
  constructor() {
    this.shown = [];
    this.focused = 0;
    this.status = make("p", { class: "status", role: "status", id: "status" });
    this.body = make("div", { class: "rows", role: "list", "aria-label": "Scenarios", id: "rows" });
    this.observer = new IntersectionObserver(
      (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => this.fill(entry.target)),
      { rootMargin: "600px" },
    );
    this.body.addEventListener("keydown", (event) => this.move(event));
    this.body.addEventListener("focusin", (event) => {
      const row = event.target.closest("[data-index]");
      if (row) this.setFocused(Number(row.dataset.index));
    });
  }

  /** Shows these scenarios. `filters` become a part of the address of each row. */
  show(scenarios, filters) {
    this.shown = scenarios;
    this.filters = filters;
    this.focused = 0;
    this.observer.disconnect();
    const all = data.scenarios.length;
    const text =
      scenarios.length === all
        ? count(all, "scenario")
        : `${scenarios.length.toLocaleString("en")} of ${count(all, "scenario")}`;
    if (this.status.textContent !== text) this.status.replaceChildren(text);
    const blocks = [];
    for (let from = 0; from < scenarios.length; from += BLOCK) {
      const rows = Math.min(BLOCK, scenarios.length - from);
      const block = make("div", { class: "block", role: "presentation", "data-from": from });
      block.style.setProperty("--rows", rows);
      blocks.push(block);
    }
    this.blocks = blocks;
    this.body.replaceChildren(
      ...(blocks.length > 0 ? blocks : [make("p", { class: "dim none", role: "listitem" }, "No scenario matches.")]),
    );
    if (blocks[0]) this.fill(blocks[0]);
    blocks.forEach((block) => this.observer.observe(block));
    this.fillWhenIdle(blocks);
  }

  fillWhenIdle(blocks) {
    const idle = window.requestIdleCallback ?? ((task) => setTimeout(() => task({ timeRemaining: () => 8 }), 30));
    let next = 0;
    const work = (deadline) => {
      if (blocks !== this.blocks) return;
      while (next < blocks.length && deadline.timeRemaining() > 3) this.fill(blocks[next++]);
      if (next < blocks.length) idle(work);
    };
    idle(work);
  }

  fillAll() {
    this.blocks.forEach((block) => this.fill(block));
  }

  fill(block) {
    if (block.hasChildNodes()) return;
    this.observer.unobserve(block);
    const from = Number(block.dataset.from);
    const rows = this.shown.slice(from, from + BLOCK).map((scenario, offset) => this.row(scenario, from + offset));
    block.append(...rows);
  }

  row(scenario, index) {
    const isCurrent = scenario.id === this.current;
    return make(
      "div",
      { role: "listitem", class: "row", "aria-posinset": index + 1, "aria-setsize": this.shown.length },
      make(
        "a",
        {
          href: addressOf(scenario.id, this.filters),
          "data-index": index,
          tabindex: index === this.focused ? "0" : "-1",
          "aria-current": isCurrent && "true",
        },
        badge(scenario.verdict),
        make("span", { class: "id" }, scenario.id),
        make(
          "span",
          { class: "marks" },
          scenario.known && "known ",
          scenario.flaky && "flaky ",
          scenario.ms > 0 && duration(scenario.ms),
        ),
        make("span", { class: "title" }, scenario.title),
      ),
    );
  }

  /** Marks the scenario that the main part of the page shows. */
  setCurrent(id) {
    this.current = id;
    this.body.querySelector("[aria-current]")?.removeAttribute("aria-current");
    const index = this.shown.findIndex((scenario) => scenario.id === id);
    if (index < 0) return;
    const link = this.link(index);
    link.setAttribute("aria-current", "true");
    this.setFocused(index);
    link.scrollIntoView({ block: "nearest" });
  }

  setFocused(index) {
    const before = this.body.querySelector('a[tabindex="0"]');
    if (before) before.tabIndex = -1;
    this.focused = index;
    this.link(index).tabIndex = 0;
  }

  link(index) {
    this.fill(this.blocks[Math.floor(index / BLOCK)]);
    return this.body.querySelector(`a[data-index="${index}"]`);
  }

  /** Returns the scenarios before and after one of them in the list. */
  neighbours(id) {
    const index = this.shown.findIndex((scenario) => scenario.id === id);
    return index < 0 ? [undefined, this.shown[0]] : [this.shown[index - 1], this.shown[index + 1]];
  }

  move(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || this.shown.length === 0) return;
    if (event.key === "/") {
      event.preventDefault();
      document.getElementById("search").focus();
      return;
    }
    const opens = event.key === "j" || event.key === "k";
    const steps = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(this.shown.length - 1, this.focused + step));
    const link = this.link(index);
    link.focus();
    if (opens) go(this.shown[index].id, this.filters, "stay");
  }
}
