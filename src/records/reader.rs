//! Reads a record line by line.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use serde::Deserialize;

use super::{Header, RECORD_SCHEMA_NAME, ReadRecordError, error::Unreadable, sequence::Sequence};
use crate::runner::Event;

/// The longest line in bytes. The traffic of one attempt is on one line.
const LINE: usize = 64 << 20;

/// The size of the whole text in bytes. Without a limit, a small file could keep the program busy for days.
const ALL: u64 = 8 << 30;

/// The first bytes of each gzip file (RFC 1952 section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A record from which some lines have been read.
pub(super) struct Reader<'p> {
    path: &'p Path,
    text: BufReader<io::Take<MultiGzDecoder<BufReader<File>>>>,
    /// The number of lines that have been read.
    lines: usize,
    /// The version of sockspec that wrote the record.
    version: String,
    sequence: Sequence,
}

/// The result of reading one line.
enum Line {
    /// The bytes of a complete line, without its end.
    Whole(Vec<u8>),
    /// The text has ended, in the middle of a line or after one.
    End,
}

/// Returns true if a file begins as a record does. It may still be another gzip file.
pub fn is_record(path: &Path) -> bool {
    let mut begin = [0; GZIP.len()];
    let file = File::open(path);
    file.is_ok_and(|mut file| file.read_exact(&mut begin).is_ok() && begin == GZIP)
}

impl<'p> Reader<'p> {
    /// Opens a record and reads its first line.
    ///
    /// # Errors
    ///
    /// Returns an error if the file can't be read, or if it is no record that this version knows.
    pub(super) fn open(path: &'p Path) -> Result<(Header, Self), ReadRecordError> {
        begin(path).map_err(|why| why.of(path))
    }

    /// Returns the next event; `None` at the end, and where the record is cut.
    ///
    /// # Errors
    ///
    /// Returns an error if the record is damaged, or if it holds an event twice.
    pub(super) fn next(&mut self) -> Result<Option<Event>, ReadRecordError> {
        let event = match self.line() {
            Ok(Line::End) => Ok(None),
            Ok(Line::Whole(text)) => self.event(&text).map(Some),
            Err(why) => Err(why),
        };
        event.map_err(|why| why.of(self.path))
    }

    fn event(&mut self, text: &[u8]) -> Result<Event, Unreadable> {
        let line = self.lines;
        match parse::<Event>(text, line, &self.version) {
            Ok(event) => self.sequence.add(text, line, &event).map(|()| event),
            Err(_) if parse::<Header>(text, line, &self.version).is_ok() => {
                Err(Unreadable::SecondRecord { line })
            }
            Err(why) => Err(why),
        }
    }

    fn line(&mut self) -> Result<Line, Unreadable> {
        let mut line = Vec::new();
        self.lines += 1;
        loop {
            let here = match self.text.fill_buf() {
                Ok(here) => here,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Line::End),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(Unreadable::Damaged {
                        line: self.lines,
                        detail: error.to_string(),
                    });
                }
            };
            if here.is_empty() {
                return match self.text.get_ref().limit() {
                    0 => Err(Unreadable::TooLarge { limit: ALL }),
                    _ => Ok(Line::End),
                };
            }
            let end = memchr::memchr(b'\n', here);
            let taken = end.unwrap_or(here.len());
            line.extend_from_slice(here.get(..taken).unwrap_or_default());
            self.text.consume(end.map_or(taken, |end| end + 1));
            if line.len() > LINE {
                return Err(Unreadable::LongLine {
                    line: self.lines,
                    limit: LINE,
                });
            }
            if end.is_some() {
                return Ok(Line::Whole(line));
            }
        }
    }
}

fn begin(path: &Path) -> Result<(Header, Reader<'_>), Unreadable> {
    let mut file = BufReader::new(File::open(path)?);
    let start = file.fill_buf()?;
    if start.is_empty() {
        return Err(Unreadable::Headless);
    }
    if !start.starts_with(&GZIP) {
        return Err(Unreadable::Foreign);
    }
    let mut reader = Reader {
        path,
        text: BufReader::new(MultiGzDecoder::new(file).take(ALL)),
        lines: 0,
        version: String::new(),
        sequence: Sequence::default(),
    };
    let first = match reader.line() {
        Ok(Line::Whole(first)) => first,
        Ok(Line::End) => return Err(Unreadable::Headless),
        // What is compressed is something else: its first line is endless, or no text of gzip follows.
        Err(Unreadable::Damaged { .. } | Unreadable::LongLine { .. }) => {
            return Err(Unreadable::Foreign);
        }
        Err(other) => return Err(other),
    };
    /// What the header of each version has.
    #[derive(Deserialize)]
    struct Format {
        schema: String,
        version: Option<String>,
    }
    let format: Format = serde_json::from_slice(&first).map_err(|_| Unreadable::Foreign)?;
    let (name, version) = format.schema.split_once('/').ok_or(Unreadable::Foreign)?;
    if name != "sockspec-record" || version.parse::<u32>().is_err() {
        return Err(Unreadable::Foreign);
    }
    if format.schema != RECORD_SCHEMA_NAME {
        return Err(Unreadable::NewerFormat {
            format: format.schema,
            version: format.version,
        });
    }
    reader.version = format.version.unwrap_or_default();
    let header = parse(&first, 1, &reader.version)?;
    Ok((header, reader))
}

/// Reads the text of one line. `version` is the version of sockspec that wrote the record.
fn parse<T: for<'t> Deserialize<'t>>(
    text: &[u8],
    line: usize,
    version: &str,
) -> Result<T, Unreadable> {
    serde_json::from_slice(text).map_err(|error| {
        let detail = error.to_string();
        // Text that is JSON is not damaged: a newer version can write an event, or a kind of failure, of its own.
        if error.is_data() && is_newer(version) {
            let version = version.to_owned();
            return Unreadable::NewerEvent {
                line,
                version,
                detail,
            };
        }
        Unreadable::Damaged { line, detail }
    })
}

/// Returns true if a version is newer than this program.
fn is_newer(version: &str) -> bool {
    let numbers = |version: &str| -> Vec<u64> {
        let release = version.split(['-', '+']).next().unwrap_or_default();
        release
            .split('.')
            .map_while(|part| part.parse().ok())
            .collect()
    };
    numbers(version) > numbers(env!("CARGO_PKG_VERSION"))
}
