//! `sockspec review`: shows what changed in the transcripts of scenarios, and writes what the reviewer decides.

mod about;
mod dialogue;
mod patterns;
mod question;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::{Path, PathBuf},
};

use terminal_size::{Width, terminal_size};

use self::{
    about::About,
    dialogue::{Dialogue, Terminal},
    patterns::Patterns,
};
use super::{Context, Exit, args::ReviewArgs, error::CliError, paint::Output, snapshots::FOLDER};
use crate::{
    report::{change_in_full, change_title, changes_list},
    snapshots::{Answer, Change, FindError, Review, pending_files},
    text::{escape, humanize::count},
};

/// The width of a terminal that does not tell its width, in columns.
const USUAL_WIDTH: usize = 80;

/// Asks about each change on a terminal, or does what the options say.
///
/// # Errors
///
/// Returns an error if a snapshot can't be read or written, or if a pattern names no change.
pub(super) fn review(
    args: &ReviewArgs,
    context: Context,
    output: Output,
) -> Result<Exit, CliError> {
    let mut reviews = open(&args.paths)?;
    if args.diff {
        print_diff(&reviews, output)?;
        return Ok(exit_with_left(&reviews));
    }
    if !args.accept.is_empty() || !args.reject.is_empty() {
        return answer(args, &mut reviews, output);
    }
    let asks = !args.list && context.stdin_terminal && context.stdout_terminal;
    if changes(&reviews).next().is_none() {
        let folders: Vec<_> = places(&args.paths)
            .iter()
            .map(|path| escape::line(&path.to_string_lossy()))
            .collect();
        let text = format!("no change waits for a review in {}\n", folders.join(", "));
        output.write(&output.masked(text))?;
        return Ok(Exit::Conformant);
    }
    if asks {
        return converse(&mut reviews, output);
    }
    print_list(&reviews, output)?;
    Ok(exit_with_left(&reviews))
}

/// Reads the snapshots with changes.
fn open(paths: &[PathBuf]) -> Result<Vec<Review>, CliError> {
    let mut reviews = Vec::new();
    let mut mistakes = Vec::new();
    for path in &places(paths) {
        if !path.exists() && !is_pending(path) {
            if paths.is_empty() {
                continue;
            }
            return Err(CliError::no_such_file(path));
        }
        match pending_files(path) {
            Ok(files) => reviews.extend(files.into_iter().map(Review::new)),
            Err(FindError::Mistakes(found)) => mistakes.extend(found),
            Err(FindError::Folder { path, source }) => {
                return Err(CliError::UnreadableFolder { path, source });
            }
        }
    }
    if mistakes.is_empty() {
        Ok(reviews)
    } else {
        Err(CliError::BadFiles(mistakes))
    }
}

/// Returns true if the path is that of a `.snap` file that does not exist yet.
fn is_pending(path: &Path) -> bool {
    crate::snapshots::pending_path(path).is_file()
}

fn places(paths: &[PathBuf]) -> Vec<PathBuf> {
    match paths {
        [] => vec![PathBuf::from(FOLDER)],
        paths => paths.to_vec(),
    }
}

fn changes(reviews: &[Review]) -> impl Iterator<Item = &Change> {
    reviews.iter().flat_map(|review| review.file().changes())
}

fn exit_with_left(reviews: &[Review]) -> Exit {
    match changes(reviews).next() {
        Some(_) => Exit::NotConformant,
        None => Exit::Conformant,
    }
}

fn print_list(reviews: &[Review], output: Output) -> Result<(), CliError> {
    let files = reviews.iter().map(|review| {
        let file = review.file();
        (file, file.changes().iter().collect())
    });
    let mut text = changes_list(files, output.stdout);
    text += &format!(
        "\n{} for a review: `sockspec review` asks about each on a terminal; elsewhere, `--diff` shows them, and `--accept PATTERN` or `--reject PATTERN` answers\n",
        waits(changes(reviews).count())
    );
    Ok(output.write(&output.masked(text))?)
}

fn waits(number: usize) -> String {
    let verb = if number == 1 { "waits" } else { "wait" };
    format!("{} {verb}", count(number, "change"))
}

fn print_diff(reviews: &[Review], output: Output) -> Result<(), CliError> {
    for review in reviews {
        let file = review.file();
        for change in file.changes() {
            let text = format!(
                "{}\n{}\n{}\n",
                change_title(change, output.stdout),
                escape::line(&file.stored_path.to_string_lossy()),
                change_in_full(change, None, output.stdout),
            );
            output.write(&output.masked(text))?;
        }
    }
    Ok(())
}

/// Accepts and rejects the changes that the patterns name.
fn answer(args: &ReviewArgs, reviews: &mut [Review], output: Output) -> Result<Exit, CliError> {
    let ids = changes(reviews).map(|change| change.heading().id());
    let ids: Vec<&str> = ids.collect();
    let accept = Patterns::new(&args.accept, &ids)?;
    let reject = Patterns::new(&args.reject, &ids)?;
    let (mut accepted, mut rejected) = (0, 0);
    for review in reviews.iter_mut() {
        let headings = |wanted: &dyn Fn(&str) -> bool| -> Vec<_> {
            let changes = review.file().changes().iter();
            let matching = changes.filter(|change| wanted(change.heading().id()));
            matching.map(|change| change.heading().clone()).collect()
        };
        let refused = headings(&|id| reject.has(id));
        let taken = headings(&|id| accept.has(id) && !reject.has(id));
        (accepted, rejected) = (accepted + taken.len(), rejected + refused.len());
        review.answer(&taken, Some(Answer::Accept))?;
        review.answer(&refused, Some(Answer::Reject))?;
    }
    let left = changes(reviews).count() - accepted - rejected;
    let text = format!("{accepted} accepted, {rejected} rejected, {left} left\n");
    output.write(&output.masked(text))?;
    Ok(Exit::Conformant)
}

/// Asks about each change on the terminal.
fn converse(reviews: &mut [Review], output: Output) -> Result<Exit, CliError> {
    for review in reviews.iter() {
        review.try_out()?;
    }
    let about = About::load(reviews)?;
    let terminal = Terminal {
        input: io::stdin().lock(),
        write: |text: String| output.write(&output.masked(text)),
        width,
        palette: output.stdout,
    };
    let left = Dialogue::new(reviews, &about, terminal).hold()?;
    Ok(match left {
        0 => Exit::Conformant,
        1.. => Exit::NotConformant,
    })
}

/// Returns the width of the terminal in columns. A terminal can change its width while the command runs.
fn width() -> usize {
    match terminal_size() {
        Some((Width(columns @ 1..), _)) => usize::from(columns),
        _ => USUAL_WIDTH,
    }
}
