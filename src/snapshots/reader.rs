//! Reads the text of a snapshot file. A file that somebody edited by hand into something unreadable is a mistake with
//! its line.

use std::{collections::HashMap, io, path::Path, sync::Arc};

use super::{Direction, Heading, Lane, Line, Section, SnapshotFile, section::ALSO};
use crate::{
    scenario::{Diagnostic, Problems, SourceFile, Span, Transport},
    text::hint,
};

/// The code of every mistake in a snapshot file.
const CODE: &str = "unreadable-snapshot";

/// The line before and after the metadata of insta.
const FENCE: &str = "---";

/// What is wrong with a line.
struct Mistake {
    message: String,
    help: String,
}

/// What has been read so far.
struct Reader {
    source: Option<String>,
    /// The sections that are complete.
    sections: Vec<Section>,
    /// The section whose lines are read.
    current: Option<Unfinished>,
    /// The line of each heading, from 1.
    headings: HashMap<Heading, usize>,
    part: Part,
}

/// A section whose end has not been read.
struct Unfinished {
    heading: Heading,
    verdict: Option<String>,
    lanes: Vec<Lane>,
    part: LanePart,
}

/// The part of the file that is read.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Part {
    Start,
    Metadata,
    Sections,
}

/// The part of a lane that is read.
#[derive(Clone, Copy, Eq, PartialEq)]
enum LanePart {
    Steps,
    Also,
}

/// Reads a snapshot file.
///
/// # Errors
///
/// Returns the first mistake in the file, with its line, or why the file can't be read.
pub fn read(path: &Path) -> Result<SnapshotFile, Box<Diagnostic>> {
    parse(&source_file(path)?)
}

/// Reads a snapshot file. Returns `None` if there is no such file.
///
/// # Errors
///
/// Returns the first mistake in the file, with its line, or why the file can't be read.
pub fn read_if_exists(path: &Path) -> Result<Option<SnapshotFile>, Box<Diagnostic>> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        _ => read(path).map(Some),
    }
}

/// Reads the text of a snapshot file.
pub(super) fn source_file(path: &Path) -> Result<Arc<SourceFile>, Box<Diagnostic>> {
    SourceFile::read(path).map_err(|mut diagnostic| {
        // The reader's hints are for scenario files.
        diagnostic.help = Some(
            "remove the file, or restore it from version control; `sockspec run --snapshot` writes it again".to_owned(),
        );
        diagnostic
    })
}

/// Returns the content of a snapshot file.
///
/// # Errors
///
/// Returns the first mistake in the file, with its line.
pub fn parse(file: &Arc<SourceFile>) -> Result<SnapshotFile, Box<Diagnostic>> {
    let mut reader = Reader {
        source: None,
        sections: Vec::new(),
        current: None,
        headings: HashMap::new(),
        part: Part::Start,
    };
    let mut last = Span {
        line: 1,
        column: 1,
        ..Span::default()
    };
    let mut start = 0;
    for (index, piece) in file.text.split_inclusive('\n').enumerate() {
        let line = piece.trim_end_matches(['\n', '\r']);
        last = Span {
            start,
            end: start + line.len(),
            line: index + 1,
            column: 1,
        };
        start += piece.len();
        reader
            .take(line, last.line)
            .map_err(|mistake| mistake.at(file, last))?;
    }
    reader.finish().map_err(|mistake| mistake.at(file, last))
}

impl Reader {
    /// Reads one line. `number` is its number, from 1.
    fn take(&mut self, line: &str, number: usize) -> Result<(), Mistake> {
        match self.part {
            Part::Start if line == FENCE => self.part = Part::Metadata,
            Part::Start => {
                return Err(mistake(
                    "the file does not begin with `---`",
                    "a snapshot file begins with `---`, its metadata, and another `---`",
                ));
            }
            Part::Metadata if line == FENCE => self.part = Part::Sections,
            Part::Metadata => self.take_metadata(line)?,
            Part::Sections => self.take_content(line, number)?,
        }
        Ok(())
    }

    /// Reads a line of the metadata. Insta adds keys of its own, which are ignored.
    fn take_metadata(&mut self, line: &str) -> Result<(), Mistake> {
        let Some((key, value)) = line.split_once(':') else {
            return Err(mistake(
                "the metadata has a line without a key",
                "write `source: PATH`, and `---` after the metadata",
            ));
        };
        if key == "source" {
            let value = value.trim();
            let unquoted = serde_json::from_str(value).ok();
            self.source = Some(unquoted.unwrap_or_else(|| value.to_owned()));
        }
        Ok(())
    }

    fn take_content(&mut self, line: &str, number: usize) -> Result<(), Mistake> {
        if line.trim().is_empty() {
            return Ok(());
        }
        if let Some(heading) = inside(line, "== ", " ==") {
            return self.begin(parse_heading(heading)?, number);
        }
        let Some(section) = &mut self.current else {
            return Err(mistake(
                "this line stands before the first heading",
                "a section begins with its heading: `== ID · TRANSPORT ==`",
            ));
        };
        section.take(line)
    }

    /// Begins the section with this heading.
    fn begin(&mut self, heading: Heading, number: usize) -> Result<(), Mistake> {
        self.end_section()?;
        if let Some(first) = self.headings.insert(heading.clone(), number) {
            return Err(mistake(
                &format!("the file has a second section `{heading}`"),
                &format!("the first one begins in line {first}; remove one of them"),
            ));
        }
        self.current = Some(Unfinished {
            heading,
            verdict: None,
            lanes: Vec::new(),
            part: LanePart::Steps,
        });
        Ok(())
    }

    fn end_section(&mut self) -> Result<(), Mistake> {
        let Some(section) = self.current.take() else {
            return Ok(());
        };
        let Some(verdict) = section.verdict else {
            return Err(mistake(
                &format!("the section `{}` has no verdict", section.heading),
                "the line below a heading is `verdict: ok`, or another verdict",
            ));
        };
        self.sections
            .push(Section::new(section.heading, &verdict, section.lanes));
        Ok(())
    }

    fn finish(mut self) -> Result<SnapshotFile, Mistake> {
        self.end_section()?;
        match (self.part, self.source) {
            (Part::Sections, Some(source)) => Ok(SnapshotFile {
                source,
                sections: self.sections,
            }),
            (Part::Sections, None) => Err(mistake(
                "the metadata names no source",
                "write `source: PATH` between the first two `---`",
            )),
            (Part::Start | Part::Metadata, _) => Err(mistake(
                "the file ends before its content",
                "a snapshot file begins with `---`, its metadata, and another `---`",
            )),
        }
    }
}

impl Unfinished {
    fn take(&mut self, line: &str) -> Result<(), Mistake> {
        if self.verdict.is_none() {
            let Some(verdict) = line.strip_prefix("verdict:") else {
                return Err(mistake(
                    "the section has no verdict before this line",
                    "the line below a heading is `verdict: ok`, or another verdict",
                ));
            };
            self.verdict = Some(verdict.trim().to_owned());
            return Ok(());
        }
        if let Some(client) = inside(line, "[", "]") {
            return self.begin_lane(client);
        }
        let Some(lane) = self.lanes.last_mut() else {
            return Err(mistake(
                "this line stands before the first client",
                "the lines of a client begin with its name: `[CLIENT]`",
            ));
        };
        if line.trim_end() == ALSO && self.part == LanePart::Steps {
            self.part = LanePart::Also;
            return Ok(());
        }
        let line = parse_line(line)?;
        match self.part {
            LanePart::Steps => lane.steps.push(line),
            LanePart::Also => lane.also.push(line),
        }
        Ok(())
    }

    fn begin_lane(&mut self, client: &str) -> Result<(), Mistake> {
        let lane = Lane::new(client, Vec::new(), Vec::new());
        if self
            .lanes
            .iter()
            .any(|other| other.client() == lane.client())
        {
            return Err(mistake(
                &format!("the section has the client `{client}` a second time"),
                "write all lines of a client below one `[CLIENT]`",
            ));
        }
        self.lanes.push(lane);
        self.part = LanePart::Steps;
        Ok(())
    }
}

impl Mistake {
    fn at(self, file: &Arc<SourceFile>, span: Span) -> Box<Diagnostic> {
        let mut problems = Problems::new(Arc::clone(file));
        let diagnostic = problems.error_at_line(CODE, span, self.message);
        diagnostic.help = Some(self.help);
        Box::new(diagnostic.clone())
    }
}

fn mistake(message: &str, help: &str) -> Mistake {
    Mistake {
        message: message.to_owned(),
        help: help.to_owned(),
    }
}

/// Returns what stands between `before` and `after`.
fn inside<'l>(line: &'l str, before: &str, after: &str) -> Option<&'l str> {
    line.trim_end().strip_prefix(before)?.strip_suffix(after)
}

fn parse_line(line: &str) -> Result<Line, Mistake> {
    for (sign, direction) in [('>', Direction::Sent), ('<', Direction::Received)] {
        match line.strip_prefix(sign) {
            Some("") => return Ok(Line::new(direction, "")),
            Some(rest) if rest.starts_with(' ') => return Ok(Line::new(direction, &rest[1..])),
            _ => {}
        }
    }
    Err(mistake(
        "this line has no direction",
        "begin it with `> ` if the client sent it, and with `< ` if the client received it",
    ))
}

fn parse_heading(text: &str) -> Result<Heading, Mistake> {
    let incomplete = || {
        mistake(
            "this heading has no transport",
            "write `== ID · TRANSPORT ==`, or `== ID · TRANSPORT · profile NAME ==`",
        )
    };
    let (mut front, mut last) = text.rsplit_once(" · ").ok_or_else(incomplete)?;
    let profile = last.strip_prefix("profile ");
    if profile.is_some() {
        (front, last) = front.rsplit_once(" · ").ok_or_else(incomplete)?;
    }
    let Some(transport) = Transport::all().find(|transport| transport.name() == last) else {
        return Err(mistake(
            &format!("there is no transport `{last}`"),
            &hint(last, "write", Transport::all().map(Transport::name)),
        ));
    };
    Ok(Heading::new(front, transport, profile))
}
