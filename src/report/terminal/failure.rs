//! Renders one failure with its evidence, the most important part first.

use unicode_width::UnicodeWidthStr;

use super::{attempts::tried, difference::difference};
use crate::{
    report::{Palette, Role},
    runner::{Breach, ClientView, Outcome, Place, Traffic},
    text::{escape, humanize},
};

/// The limit on lines that a failure shows of one client's traffic.
const SEEN_LINES: usize = 30;
/// The limit on lines shown of the target's output.
const LOG_LINES: usize = 20;

/// Renders the outcome of a scenario that did not pass, with all evidence. The text ends with an empty line.
pub fn failure(outcome: &Outcome, palette: Palette) -> String {
    let mut block = Block {
        out: String::new(),
        palette,
        lines: SEEN_LINES,
    };
    block.outcome(outcome);
    block.out
}

/// Renders the outcome of a scenario with everything that its clients sent and received, in each of its attempts.
pub fn scenario_in_full(outcome: &Outcome, attempts: &[Traffic], palette: Palette) -> String {
    let mut block = Block {
        out: String::new(),
        palette,
        lines: usize::MAX,
    };
    let without_traffic = outcome.breach.as_ref().map(|breach| Breach {
        seen: Vec::new(),
        ..breach.clone()
    });
    block.outcome(&Outcome {
        breach: without_traffic,
        ..outcome.clone()
    });
    for proof in &outcome.proofs {
        block.push(&format!("  proof: {}", escape::line(proof)));
    }
    for traffic in attempts {
        block.title(&match attempts.len() {
            1 => "What each client saw".to_owned(),
            _ => format!("What each client saw in attempt {}", traffic.attempt),
        });
        for view in &traffic.clients {
            block.view(view);
        }
    }
    block.out
}

struct Block {
    out: String,
    palette: Palette,
    /// The limit on lines shown of one client's traffic.
    lines: usize,
}

impl Block {
    fn outcome(&mut self, outcome: &Outcome) {
        self.heading(outcome);
        if let Some(breach) = &outcome.breach {
            self.breach(outcome, breach);
        } else if let Some(reason) = &outcome.reason {
            self.push(&format!("  {}", escape::line(reason)));
        }
        self.out.push('\n');
    }

    fn push(&mut self, line: &str) {
        self.out.push_str(line.trim_end_matches(' '));
        self.out.push('\n');
    }

    fn heading(&mut self, outcome: &Outcome) {
        let sign = self.palette.sign(outcome.verdict);
        let id = self.palette.paint(Role::Strong, escape::line(&outcome.id));
        let time = self
            .palette
            .paint(Role::Dim, humanize::duration(outcome.duration));
        let tried = tried(outcome);
        self.push(&format!("{sign:5}  {id}  {time}{tried}"));
    }

    fn breach(&mut self, outcome: &Outcome, breach: &Breach) {
        let rule = breach
            .invariant
            .map(|invariant| format!(" [{}]", invariant.id()))
            .unwrap_or_default();
        self.push(&format!("  {}{rule}", escape::line(&breach.sentence)));
        if let Some(place) = &breach.place {
            self.place(place);
        }
        let difference = difference(
            breach.expected.as_deref(),
            breach.received.as_deref(),
            self.palette,
        );
        if !difference.is_empty() {
            self.out.push('\n');
        }
        for line in difference {
            self.push(&format!("  {line}"));
        }
        if let Some(tolerated) = &breach.tolerated {
            self.push(&format!("  tolerated: {}", escape::line(tolerated)));
        }
        self.further(outcome);
        if !breach.seen.is_empty() {
            self.title("What each client saw");
            for view in &breach.seen {
                self.view(view);
            }
        }
        self.requirements(outcome, breach);
        if !breach.log.is_empty() {
            self.title("The server's last output");
            let skipped = breach.log.len().saturating_sub(LOG_LINES);
            for line in breach.log.iter().skip(skipped) {
                self.push(&format!("    {}", escape::line(line)));
            }
        }
        self.title("Run exactly this again");
        self.push(&format!("    {}", escape::line(&breach.rerun)));
    }

    fn title(&mut self, text: &str) {
        if !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
        let title = self.palette.paint(Role::Strong, text);
        self.push(&format!("  {title}"));
    }

    /// Shows the findings besides the one that decided the verdict.
    fn further(&mut self, outcome: &Outcome) {
        if outcome.further.is_empty() {
            return;
        }
        self.title("Also found");
        for finding in &outcome.further {
            let sign = self.palette.sign(finding.verdict).to_string();
            let line = finding.place.as_ref().map_or_else(String::new, |place| {
                format!(" ({}:{})", place.file.display(), place.line)
            });
            let sentence = escape::line(&format!("{}{line}", finding.sentence));
            self.push(&format!("    {sign:5} {sentence}"));
            let difference = difference(
                finding.expected.as_deref(),
                finding.received.as_deref(),
                self.palette,
            );
            for line in difference {
                self.push(&format!("          {line}"));
            }
            if let Some(tolerated) = &finding.tolerated {
                self.push(&format!("          tolerated: {}", escape::line(tolerated)));
            }
        }
    }

    fn place(&mut self, place: &Place) {
        let Place {
            file,
            line,
            column,
            text,
            width,
        } = place;
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let dim = |text: &str| self.palette.paint(Role::Dim, text.to_owned()).to_string();
        let file = escape::line(&file.display().to_string());
        let (before, marked) = columns(text, *column, *width);
        let underline = self.palette.paint(Role::Underline, "^".repeat(marked));
        let lines = [
            format!("  {margin}{} {file}:{line}:{column}", dim("-->")),
            format!("  {margin} {}", dim("|")),
            format!("  {number} {} {}", dim("|"), source(text)),
            format!("  {margin} {} {}{underline}", dim("|"), " ".repeat(before)),
        ];
        for line in &lines {
            self.push(line);
        }
    }

    fn view(&mut self, view: &ClientView) {
        let client = self.palette.paint(Role::Strong, escape::line(&view.client));
        self.push(&format!("    {client}"));
        let skipped = view.lines.len().saturating_sub(self.lines);
        let left_out = view.left_out + skipped;
        if left_out > 0 {
            self.push(&format!(
                "      … {} before",
                humanize::count(left_out, "line")
            ));
        }
        if view.lines.is_empty() {
            self.push("      nothing");
        }
        for seen in view.lines.iter().skip(skipped) {
            let at = self
                .palette
                .paint(Role::Dim, humanize::offset(seen.at))
                .to_string();
            let arrow = if seen.received { "←" } else { "→" };
            let padding = " ".repeat(10_usize.saturating_sub(humanize::offset(seen.at).width()));
            self.push(&format!(
                "      {padding}{at} {arrow} {}",
                escape::line(&seen.text)
            ));
        }
    }

    fn requirements(&mut self, outcome: &Outcome, breach: &Breach) {
        if !breach.requirements.is_empty() {
            self.title("What a correct server does");
        }
        for note in &breach.requirements {
            let id = self.palette.paint(Role::Strong, escape::line(&note.id));
            let level = note.level;
            let title = escape::line(&note.title);
            self.push(&format!("    {level}  {id}: {title}"));
            if level != outcome.level {
                let judged = format!("this scenario checks it as {}", outcome.level);
                let judged = self.palette.paint(Role::Dim, judged);
                self.push(&format!("          {judged}"));
            }
            let source = [&note.clause, &note.source]
                .into_iter()
                .flatten()
                .map(|text| escape::line(text))
                .collect::<Vec<_>>()
                .join(", ");
            if !source.is_empty() {
                let source = self.palette.paint(Role::Dim, source);
                self.push(&format!("          {source}"));
            }
        }
        if let Some(why) = &breach.why {
            self.title("Why it matters");
            self.push(&format!("    {}", escape::line(why)));
        }
    }
}

/// Returns a line of a scenario file without its line break and with control characters escaped.
fn source(text: &str) -> String {
    escape::line(text.trim_end_matches(['\r', '\n']))
}

/// Returns the start and the width of the underline, in columns of the terminal.
fn columns(text: &str, column: usize, width: usize) -> (usize, usize) {
    let before: String = text.chars().take(column.saturating_sub(1)).collect();
    let marked: String = text
        .trim_end_matches(['\r', '\n'])
        .chars()
        .skip(column.saturating_sub(1))
        .take(width)
        .collect();
    let shown = |text: &str| escape::line(text).width();
    (shown(&before), shown(&marked).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::samples;

    #[test]
    fn everything_in_order() {
        insta::assert_snapshot!(failure(&samples::failed(), Palette::Plain), @r#"
        FAIL   rooms/to-excludes-sender  23 ms
          sender received room-message, which only member may receive
            --> specs/gateway/rooms/emit.yaml:21:5
             |
          21 |   - deliver: room-message
             |     ^^^^^^^^^^^^^^^^^^^^^

          expected  member: 1, sender: 0
          received  member: 1, sender: 1
                                       ^

          What each client saw
            sender
              … 3 lines before
                 +2.0 ms → 421["send-to-room",{"room":"r1","text":"hi"}]
                  +12 ms ← 42["room-message",{"room":"r1","text":"hi"}]
            outsider
              nothing

          What a correct server does
            must  rooms.to-excludes-sender: The sender of a room emit does not receive it
                  Socket.IO server API, socket.to(room), https://socket.io/docs/v4/server-api/#sockettoroom

          Why it matters
            A chat shows every message twice to the person who wrote it.

          The server's last output
            listening
            TypeError: x is not a function

          Run exactly this again
            sockspec run rooms/to-excludes-sender --seed 7
        "#);
    }

    #[test]
    fn a_hostile_server_changes_nothing_but_its_own_text() {
        let shown = failure(&samples::hostile(), Palette::Plain);
        assert!(!shown.chars().any(|c| c != '\n' && escape::acts(c)));
        assert!(shown.len() < 20_000, "{} bytes", shown.len());
        insta::assert_snapshot!(shown, @r#"
        FAIL   robustness/hostile  23 ms
          member received \u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m]]>\0<script>&amp;\u{202e}\u{200b}\ud800\u{ffff}\r\u{7f}
            --> specs/gateway/rooms/emit.yaml:21:5
             |
          21 |   - deliver: room-message
             |     ^^^^^^^^^^^^^^^^^^^^^

          expected  hi
          received  \u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m]]>\0<script>&amp;\u{202e}\u{200b}\ud800\u{ffff}\r\u{7f}

          What each client saw
            member
              … 2 lines before
                  +12 ms ← \u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m]]>\0<script>&amp;\u{202e}\u{200b}\ud800\u{ffff}\r\u{7f}
                  +13 ms ← 42["€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€ … €€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€"] (999,999 bytes)

          What a correct server does
            must  rooms.to-excludes-sender: The sender of a room emit does not receive it
                  Socket.IO server API, socket.to(room), https://socket.io/docs/v4/server-api/#sockettoroom

          Why it matters
            A chat shows every message twice to the person who wrote it.

          The server's last output
            \u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m]]>\0<script>&amp;\u{202e}\u{200b}\ud800\u{ffff}\r\u{7f}

          Run exactly this again
            sockspec run rooms/to-excludes-sender --seed 7
        "#);
    }

    #[test]
    fn an_error_without_evidence_is_one_sentence() {
        insta::assert_snapshot!(failure(&samples::errored(), Palette::Plain), @r"
        ERROR  acks/late  4 ms
          can't reach 127.0.0.1:3000: connection refused
        ");
    }
}
