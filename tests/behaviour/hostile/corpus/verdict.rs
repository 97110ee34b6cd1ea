//! The verdict that a run has to come to, for each kind of server: a table in a file.

use std::collections::BTreeMap;

use sockspec::cli::Exit;

/// The table. Its head explains the form.
const TABLE: &str = include_str!("expected.txt");

/// The table for runs that know only the address of the server.
const TABLE_BY_URL: &str = include_str!("expected_by_url.txt");

/// What a run has to say about a server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// A scenario can't be judged, and this is the kind of the error.
    Error(&'static str),
    /// A scenario fails with this kind, and this text is in its evidence.
    Fail(&'static str, &'static str),
    /// A scenario fails, or received more than sockspec takes.
    Flood,
    /// No scenario runs, because the probes find no server of a known protocol.
    NotRun,
    /// Every scenario passes. If a run knows only the address of the server, some scenarios pass, and the others are
    /// skipped or warn.
    Pass,
    /// No scenario fails, and one warns of this kind.
    Warn(&'static str),
}

impl Verdict {
    /// Returns all verdicts on the kind of server with this name.
    pub(super) fn of(name: &str) -> Vec<Self> {
        table().remove(name).unwrap_or_default()
    }

    /// Returns true if a run with this verdict may end with this exit status.
    pub(super) fn allows(self, code: Option<i32>) -> bool {
        let allowed: &[Exit] = match self {
            Self::Error(_) | Self::Flood => &[Exit::NotConformant, Exit::NotRun],
            Self::Fail(..) => &[Exit::NotConformant],
            Self::NotRun => &[Exit::NotRun],
            Self::Pass | Self::Warn(_) => &[Exit::Conformant],
        };
        allowed.iter().any(|exit| code == Some(*exit as i32))
    }
}

/// Returns the table, by name.
pub(super) fn table() -> BTreeMap<&'static str, Vec<Verdict>> {
    let mut table = BTreeMap::<_, Vec<_>>::new();
    for (name, verdict) in lines(TABLE) {
        table.entry(name).or_default().push(parse(verdict));
    }
    table
}

/// Returns the table for runs that know only the address of the server, by name.
pub(super) fn table_by_url() -> BTreeMap<&'static str, Verdict> {
    lines(TABLE_BY_URL)
        .map(|(name, verdict)| match verdict {
            "fail" => (name, Verdict::Fail("any", "")),
            verdict => (name, parse(verdict)),
        })
        .collect()
}

/// Returns the rows of a table: each with a name and a verdict.
fn lines(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|line| line.split_once(" => ").unwrap())
}

fn parse(verdict: &'static str) -> Verdict {
    match verdict.split_once(' ') {
        None if verdict == "flood" => Verdict::Flood,
        None if verdict == "pass" => Verdict::Pass,
        Some(("not", "run")) => Verdict::NotRun,
        Some(("error", kind)) => Verdict::Error(kind),
        Some(("warn", kind)) => Verdict::Warn(kind),
        Some(("fail", failure)) => {
            let (kind, text) = failure.split_once(" | ").unwrap_or((failure, ""));
            Verdict::Fail(kind, text)
        }
        _ => panic!("{verdict}"),
    }
}
