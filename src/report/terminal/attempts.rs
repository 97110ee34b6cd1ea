//! The verdicts of the attempts at one scenario, in one line.

use crate::runner::{Outcome, Verdict};

/// The limit on attempts whose verdicts are listed one by one.
const LISTED: usize = 6;

/// Returns the end of the line of an outcome: whether the outcome is flaky, and the verdicts of its attempts.
pub(super) fn tried(outcome: &Outcome) -> String {
    let flaky = if outcome.flaky { "  flaky" } else { "" };
    match attempts(outcome).as_str() {
        "" => flaky.to_owned(),
        attempts => format!("{flaky}  {attempts}"),
    }
}

/// Returns the verdicts of the attempts: `FAIL, ok`, or `18 ok, 2 FAIL` if there are many. Returns an empty text if
/// there was only one attempt.
pub(super) fn attempts(outcome: &Outcome) -> String {
    let attempts = &outcome.attempts;
    let signs: Vec<String> = if attempts.len() <= LISTED {
        let signs = attempts.iter().map(|attempt| {
            let sign = attempt.verdict.sign();
            if attempt.replayed {
                format!("{sign} on a busy machine")
            } else {
                sign.to_owned()
            }
        });
        signs.collect()
    } else {
        let count = |verdict| {
            let of_verdict = attempts.iter().filter(|attempt| attempt.verdict == verdict);
            (of_verdict.count(), verdict)
        };
        let counts = Verdict::ALL.into_iter().map(count);
        let counts = counts.filter(|(count, _)| *count > 0);
        counts
            .map(|(count, verdict)| format!("{count} {}", verdict.sign()))
            .collect()
    };
    if signs.is_empty() {
        String::new()
    } else {
        format!("({} attempts: {})", attempts.len(), signs.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::samples;

    #[test]
    fn many_attempts_are_counted() {
        assert_eq!(attempts(&samples::passed()), "");
        let mut flaky = samples::flaky();
        assert_eq!(attempts(&flaky), "(2 attempts: FAIL, ok)");
        flaky.attempts[0].replayed = true;
        assert_eq!(attempts(&flaky), "(2 attempts: FAIL on a busy machine, ok)");
        flaky.attempts = std::iter::repeat_n(flaky.attempts, 10).flatten().collect();
        assert_eq!(attempts(&flaky), "(20 attempts: 10 ok, 10 FAIL)");
    }
}
