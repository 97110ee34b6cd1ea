// Verdicts: their words and signs, so that no state depends on colour alone.

/** The verdicts, the worst first. */
const VERDICTS = ["fail", "error", "warn", "pass", "skip"];

const WORDS = { fail: "FAIL", error: "ERROR", warn: "WARN", skip: "skip", pass: "pass" };

const SIGNS = { fail: "✗", error: "?", warn: "!", skip: "–", pass: "✓" };

/** Returns a badge with the sign and the word of a verdict. */
function badge(verdict) {
  return make(
    "span",
    { class: `badge ${verdict}` },
    make("span", { "aria-hidden": "true", class: "sign" }, SIGNS[verdict]),
    WORDS[verdict],
  );
}

/** Returns the rank of a scenario among others: what needs attention first. */
function rank(scenario) {
  const place = VERDICTS.indexOf(scenario.verdict);
  return scenario.known && place < 3 ? 2.5 : place;
}

/** Returns the number of scenarios with each verdict in words: "3 FAIL, 1 WARN". */
function verdictsInWords(scenarios) {
  const counts = VERDICTS.map((verdict) => [scenarios.filter((one) => one.verdict === verdict).length, verdict]);
  return counts
    .filter(([number]) => number > 0)
    .map(([number, verdict]) => `${number} ${WORDS[verdict]}`)
    .join(", ");
}
