//! The verdict that a run has to come to, for each kind of server: a table in a file.

use std::collections::BTreeMap;

use sockspec::cli::Exit;

/// The table. Its head explains the form.
const TABLE: &str = include_str!("expected.txt");

/// What a run has to say about a server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// A scenario can't be judged, and this is the kind of the error.
    Error(&'static str),
    /// A scenario fails with this kind, and this text is in its evidence.
    Fail(&'static str, &'static str),
    /// A scenario fails, or received more than sockspec takes.
    Flood,
    /// Every scenario passes.
    Pass,
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
            Self::Pass => &[Exit::Conformant],
        };
        allowed.iter().any(|exit| code == Some(*exit as i32))
    }
}

/// Returns the table, by name.
pub(super) fn table() -> BTreeMap<&'static str, Vec<Verdict>> {
    let mut table = BTreeMap::<_, Vec<_>>::new();
    for line in TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let (name, verdict) = line.split_once(" => ").unwrap();
        let verdict = match verdict.split_once(' ') {
            None if verdict == "flood" => Verdict::Flood,
            None if verdict == "pass" => Verdict::Pass,
            Some(("error", kind)) => Verdict::Error(kind),
            Some(("fail", failure)) => {
                let (kind, text) = failure.split_once(" | ").unwrap_or((failure, ""));
                Verdict::Fail(kind, text)
            }
            _ => panic!("{verdict}"),
        };
        table.entry(name).or_default().push(verdict);
    }
    table
}
