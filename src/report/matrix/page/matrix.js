const byId = (id) => document.getElementById(id);
const [form, search, layer, show, count] = ["filters", "search", "layer", "show", "count"].map(byId);

/** What a row holds, read once. */
const rows = Array.from(document.querySelectorAll("tbody tr"), (row) => {
  const cells = Array.from(row.cells).slice(1);
  const classes = cells.map((cell) => cell.className);
  const judged = classes.filter((name) => name !== "skip" && name !== "none");
  const known = ["known", "warn", "fail", "error"];
  return {
    row,
    layer: row.dataset.layer,
    text: row.cells[0].textContent.toLowerCase(),
    deviating: judged.some((name) => known.includes(name)),
    new: judged.some((name) => ["warn", "fail", "error"].includes(name)),
    differing: new Set(judged.map((name) => (name === "pass" ? name : "deviates"))).size > 1,
    skipped: classes.includes("skip"),
  };
});

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const one of rows) {
    const fits =
      (layer.value === "" || one.layer === layer.value) &&
      (show.value === "" || one[show.value]) &&
      words.every((word) => one.text.includes(word));
    one.row.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  count.textContent = `${shown} of ${rows.length} scenarios`;
}

form.hidden = false;
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", filter);
filter();
