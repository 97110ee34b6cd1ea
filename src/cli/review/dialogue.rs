//! The questions about changes on a terminal, and what the answers do.

use std::io::{self, BufRead};

use super::{
    about::About,
    question::{Extent, Reply},
};
use crate::{
    cli::error::CliError,
    report::{Palette, Role, change_in_columns, change_title, group_title},
    snapshots::{Answer, Change, Heading, Review, groups},
    text::escape,
};

/// Where the questions are asked.
pub(super) struct Terminal<R, W> {
    /// The lines that the reviewer types.
    pub(super) input: R,
    /// Writes a text.
    pub(super) write: W,
    /// Returns the width in columns.
    pub(super) width: fn() -> usize,
    pub(super) palette: Palette,
}

/// The questions about all changes.
pub(super) struct Dialogue<'r, R, W> {
    reviews: &'r mut [Review],
    about: &'r About,
    terminal: Terminal<R, W>,
    /// The changes in the order in which they are asked about: those of one kind stand together.
    changes: Vec<Asked>,
    /// The places in `changes` that each answer was about. The last one can be taken back.
    history: Vec<Vec<usize>>,
}

/// A change with its answer.
struct Asked {
    /// The place of its file in `reviews`.
    file: usize,
    change: Change,
    /// The number of its kind. Changes with the same number are the same change in several scenarios.
    kind: usize,
    state: State,
}

/// What the reviewer has answered.
#[derive(Clone, Copy, Eq, PartialEq)]
enum State {
    Open,
    Answered(Answer),
    Skipped,
}

/// What follows an answer.
enum Next {
    /// The question about the next change.
    Question,
    /// The same prompt again.
    Prompt,
    /// The end of the review.
    End,
}

impl<'r, R, W> Dialogue<'r, R, W>
where
    R: BufRead,
    W: FnMut(String) -> io::Result<()>,
{
    /// Prepares the questions. The kinds that most scenarios have come first.
    pub(super) fn new(
        reviews: &'r mut [Review],
        about: &'r About,
        terminal: Terminal<R, W>,
    ) -> Self {
        let all: Vec<(usize, &Change)> = reviews
            .iter()
            .enumerate()
            .flat_map(|(file, review)| review.file().changes().iter().map(move |one| (file, one)))
            .collect();
        let changes: Vec<&Change> = all.iter().map(|(_, change)| *change).collect();
        let mut asked = Vec::new();
        for (kind, members) in groups(&changes).into_iter().enumerate() {
            asked.extend(members.into_iter().map(|member| Asked {
                file: all[member].0,
                change: all[member].1.clone(),
                kind,
                state: State::Open,
            }));
        }
        Self {
            changes: asked,
            reviews,
            about,
            terminal,
            history: Vec::new(),
        }
    }

    /// Asks about each change until all have an answer or the reviewer quits. Returns the number of changes that are
    /// left.
    ///
    /// # Errors
    ///
    /// Returns an error if a snapshot can't be written, or the terminal can't be read or written.
    pub(super) fn hold(mut self) -> Result<usize, CliError> {
        'questions: while let Some(current) = self.current() {
            self.show(current)?;
            loop {
                self.prompt(current)?;
                let Some(line) = self.read_line()? else {
                    self.write("\n".to_owned())?;
                    break 'questions;
                };
                match self.react(current, &line)? {
                    Next::Question => break,
                    Next::Prompt => {}
                    Next::End => break 'questions,
                }
            }
        }
        self.summarize()
    }

    /// Returns the place of the first change without an answer.
    fn current(&self) -> Option<usize> {
        self.changes
            .iter()
            .position(|asked| asked.state == State::Open)
    }

    fn show(&mut self, current: usize) -> Result<(), CliError> {
        let palette = self.terminal.palette;
        let asked = &self.changes[current];
        let file = self.reviews[asked.file].file();
        let kind = self.changes.iter().filter(|other| other.kind == asked.kind);
        let mut lines = vec![String::new()];
        let place = format!("change {} of {}", current + 1, self.changes.len());
        let alike = match kind.count() {
            0 | 1 => String::new(),
            scenarios => format!(", {}", group_title(&asked.change, scenarios)),
        };
        lines.push(palette.paint(Role::Dim, place).to_string() + &alike);
        lines.push(change_title(&asked.change, palette));
        let path = escape::line(&file.stored_path.to_string_lossy());
        lines.push(palette.paint(Role::Dim, path).to_string());
        lines.extend(self.about.lines(asked.change.heading().id(), palette));
        lines.push(String::new());
        let difference = change_in_columns(&asked.change, (self.terminal.width)(), palette);
        self.write(lines.join("\n") + "\n" + &difference + "\n")
    }

    fn prompt(&mut self, current: usize) -> Result<(), CliError> {
        let open = self.members(current).len();
        let all = match open {
            0 | 1 => String::new(),
            open => format!(" (A: all {open} of this kind)"),
        };
        let undo = if self.history.is_empty() {
            ""
        } else {
            ", undo"
        };
        self.write(format!(
            "accept{all}, reject, skip{undo}, quit, help [a/r/s/q/?] "
        ))
    }

    /// Does what the reviewer typed.
    fn react(&mut self, current: usize, line: &str) -> Result<Next, CliError> {
        let Some(reply) = Reply::parse(line) else {
            if !line.trim().is_empty() {
                let line = escape::line(line.trim());
                self.write(format!(
                    "`{line}` is none of the answers\n{}",
                    Reply::help()
                ))?;
            }
            return Ok(Next::Prompt);
        };
        match reply {
            Reply::Accept(extent) => {
                self.settle(current, extent, State::Answered(Answer::Accept))?;
            }
            Reply::Reject(extent) => {
                self.settle(current, extent, State::Answered(Answer::Reject))?;
            }
            Reply::Skip(extent) => self.settle(current, extent, State::Skipped)?,
            Reply::Again => {}
            Reply::List => {
                self.list(current)?;
                return Ok(Next::Prompt);
            }
            Reply::Help => {
                self.write(Reply::help())?;
                return Ok(Next::Prompt);
            }
            Reply::Undo => return self.undo(),
            Reply::Quit => return Ok(Next::End),
        }
        Ok(Next::Question)
    }

    /// Returns the places of the changes of the same kind that have no answer yet.
    fn members(&self, current: usize) -> Vec<usize> {
        let kind = self.changes[current].kind;
        let asked = self.changes.iter().enumerate();
        asked
            .filter(|(_, asked)| asked.kind == kind && asked.state == State::Open)
            .map(|(place, _)| place)
            .collect()
    }

    /// Gives an answer to one change, or to all of its kind.
    fn settle(&mut self, current: usize, extent: Extent, state: State) -> Result<(), CliError> {
        let places = match extent {
            Extent::One => vec![current],
            Extent::Kind => self.members(current),
        };
        self.change_state(&places, state)?;
        self.history.push(places);
        Ok(())
    }

    fn undo(&mut self) -> Result<Next, CliError> {
        let Some(places) = self.history.pop() else {
            self.write("there is no answer to take back\n".to_owned())?;
            return Ok(Next::Prompt);
        };
        self.change_state(&places, State::Open)?;
        Ok(Next::Question)
    }

    /// Sets what the reviewer has answered, and writes the files.
    fn change_state(&mut self, places: &[usize], state: State) -> Result<(), CliError> {
        let answer = match state {
            State::Answered(answer) => Some(answer),
            State::Open | State::Skipped => None,
        };
        for (file, review) in self.reviews.iter_mut().enumerate() {
            let of_file = places.iter().map(|place| &self.changes[*place]);
            let headings: Vec<&Heading> = of_file
                .filter(|asked| asked.file == file)
                .map(|asked| asked.change.heading())
                .collect();
            if !headings.is_empty() {
                review.answer(headings, answer)?;
            }
        }
        for place in places {
            self.changes[*place].state = state;
        }
        Ok(())
    }

    fn list(&mut self, current: usize) -> Result<(), CliError> {
        let palette = self.terminal.palette;
        let members = self.members(current).into_iter();
        let lines = members.map(|place| {
            let title = change_title(&self.changes[place].change, palette);
            format!("  {title}\n")
        });
        let lines = lines.collect();
        self.write(lines)
    }

    fn summarize(&mut self) -> Result<usize, CliError> {
        let number = |is: fn(State) -> bool| {
            let asked = self.changes.iter();
            asked.filter(|asked| is(asked.state)).count()
        };
        let accepted = number(|state| state == State::Answered(Answer::Accept));
        let rejected = number(|state| state == State::Answered(Answer::Reject));
        let left = number(|state| matches!(state, State::Open | State::Skipped));
        self.write(format!(
            "\n{accepted} accepted, {rejected} rejected, {left} left\n"
        ))?;
        Ok(left)
    }

    /// Returns the next line that the reviewer types, or `None` at the end of the input.
    fn read_line(&mut self) -> Result<Option<String>, CliError> {
        let mut line = Vec::new();
        self.terminal.input.read_until(b'\n', &mut line)?;
        Ok((!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned()))
    }

    fn write(&mut self, text: String) -> Result<(), CliError> {
        Ok((self.terminal.write)(text)?)
    }
}
