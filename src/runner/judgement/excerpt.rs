//! The lines of a scenario file that reports show with a finding.

use crate::{
    runner::record::outcome::Excerpt,
    scenario::{Scenario, Span},
    text::clip,
};

/// The limit on the lines of one excerpt. A longer scenario is cut around the line of the finding.
const LINES: usize = 160;

/// The limit on one line in bytes.
const LINE_BYTES: usize = 500;

/// Returns the entry of a scenario in its file. `span` is the place of the finding.
pub(super) fn excerpt(scenario: &Scenario, span: Option<Span>) -> Excerpt {
    let text = &scenario.source.text;
    let first = scenario.span.line;
    let entry = text.get(scenario.span.start..scenario.span.end);
    let entry = entry.unwrap_or_default().trim_end();
    let length = entry.lines().count().max(1);
    let skipped = match span {
        Some(span) if length > LINES => {
            let before = span.line.saturating_sub(first + LINES / 2);
            before.min(length - LINES)
        }
        _ => 0,
    };
    let lines = text.lines().skip(first.saturating_sub(1) + skipped);
    Excerpt {
        first_line: first + skipped,
        lines: lines
            .take(length.min(LINES))
            .map(|line| clip(line, LINE_BYTES))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::samples::scenario_of;

    const HEAD: &str =
        "# A comment.\nscenarios:\n- id: a/b\n  title: T\n  clients: [alice]\n  steps:\n";

    #[test]
    fn the_excerpt_is_the_whole_entry_of_the_scenario() {
        let text = format!("{HEAD}  - call: echo\n    as: alice\n\n# The end.\n");
        let excerpt = excerpt(&scenario_of(&text), None);
        assert_eq!(excerpt.first_line, 3);
        assert_eq!(excerpt.lines.first().unwrap(), "- id: a/b");
        assert_eq!(excerpt.lines.last().unwrap(), "    as: alice");
    }

    #[test]
    fn a_long_scenario_is_cut_around_the_finding() {
        let steps = "  - call: echo\n    as: alice\n".repeat(300);
        let scenario = scenario_of(&format!("{HEAD}{steps}"));
        for (line, first) in [(10, 3), (300, 219), (606, 447)] {
            let place = scenario.steps.iter().map(|step| step.span);
            let place = place.filter(|span| span.line <= line).last();
            let excerpt = excerpt(&scenario, place);
            assert_eq!(excerpt.lines.len(), LINES);
            assert_eq!(excerpt.first_line, first, "{line}");
        }
    }

    #[test]
    fn a_long_line_is_shortened() {
        let steps = format!(
            "  - call: echo\n    as: alice\n    with: {}\n",
            "x".repeat(100_000)
        );
        let excerpt = excerpt(&scenario_of(&format!("{HEAD}{steps}")), None);
        assert!(excerpt.lines.iter().all(|line| line.len() < 2 * LINE_BYTES));
    }
}
