//! `sockspec matrix`: what several servers do, side by side, with a badge for each.

use std::{
    env, fs,
    path::Path,
    process::{self, Stdio},
};

use super::{
    Exit,
    args::MatrixArgs,
    error::CliError,
    paint::Output,
    places::{self, Writing},
};
use crate::{
    clock,
    records::{Replayed, is_record, replay_one},
    report::{Destination, Matrix, badge_json, badge_svg, matrix_markdown, matrix_page, outdated},
    runner::Record,
    targets::Masked,
    text::humanize,
};

/// The names of the matrix as Markdown and as a page.
const TABLE: &str = "matrix.md";
const PAGE: &str = "matrix.html";

/// The end of the name of a manifest, and that of the baseline beside it.
const MANIFEST: &str = "yaml";
const BASELINE: &str = "baseline.yaml";

/// Writes the matrix and the badges, or checks that they are up to date.
///
/// # Errors
///
/// Returns an error if a record can't be read, a target can't be judged, two servers have the same name, or a file can't
/// be written.
pub(super) fn matrix(args: &MatrixArgs, output: Output) -> Result<Exit, CliError> {
    if !args.check {
        // Running the servers takes minutes, so a folder that can't be written has to be reported first.
        let tables = [TABLE, PAGE].map(|name| Destination::File(args.output.join(name)));
        places::check(&tables, &args.servers)?;
    }
    let mut records = Vec::new();
    for server in &args.servers {
        records.push(record_of(server, output)?);
    }
    let matrix = Matrix::of(records.iter().map(|record| &**record));
    if let Some(name) = matrix.doubled() {
        return Err(CliError::DoubledServer(name.to_owned()));
    }
    if args.check {
        return check(&matrix, &args.output, output);
    }
    let files: Vec<_> = files(&matrix)
        .map(|(name, text)| {
            (
                Destination::File(args.output.join(name)),
                output.masked(text),
            )
        })
        .collect();
    places::check(files.iter().map(|(place, _)| place), &args.servers)?;
    let mut writing = Writing::default();
    for (place, text) in files {
        writing.write(&place, Ok(text));
    }
    writing.into_result().map(|()| Exit::Conformant)
}

/// Returns the files of a matrix, each with its name in the folder.
fn files(matrix: &Matrix) -> impl Iterator<Item = (String, String)> {
    let tables = [
        (TABLE.to_owned(), matrix_markdown(matrix)),
        (PAGE.to_owned(), matrix_page(matrix)),
    ];
    let badges = matrix.servers.iter().flat_map(|server| {
        let name = file_name(&server.name);
        [
            (format!("badges/{name}.svg"), badge_svg(server)),
            (format!("badges/{name}.json"), badge_json(server)),
        ]
    });
    tables.into_iter().chain(badges)
}

/// Returns the name of a server as a file name that every system takes.
fn file_name(server: &str) -> String {
    let fits = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    let name = server.chars();
    name.map(|character| if fits(character) { character } else { '-' })
        .collect()
}

/// Names each scenario about which the matrix in the folder says something else.
fn check(matrix: &Matrix, folder: &Path, output: Output) -> Result<Exit, CliError> {
    let path = folder.join(TABLE);
    let written = fs::read_to_string(&path).map_err(|_| CliError::no_such_file(&path))?;
    let outdated = outdated(matrix, &written);
    let [first, ..] = outdated.as_slice() else {
        return Ok(Exit::Conformant);
    };
    let text = format!(
        "{} is not up to date: it says something else about {}, such as {first}\n",
        path.display(),
        humanize::count(outdated.len(), "verdict"),
    );
    output.write(&output.masked(text))?;
    Ok(Exit::NotConformant)
}

/// Reads a record, or runs all scenarios against a target.
fn record_of(server: &Path, output: Output) -> Result<Masked<Record>, CliError> {
    if is_record(server) {
        return Ok(read(server, output)?.record);
    }
    let name = format!(
        "sockspec-matrix-{}-{}.record",
        process::id(),
        clock::since_epoch().as_nanos()
    );
    let record = env::temp_dir().join(name);
    let judged = run(server, &record, output);
    // The file is only for this command; one that stays behind does no harm.
    let _ = fs::remove_file(&record);
    judged
}

fn read(path: &Path, output: Output) -> Result<Replayed, CliError> {
    let replayed = replay_one(path, &mut |_| {})?;
    if replayed.is_cut {
        output.print_warning(&format!(
            "the record {} was cut before the end of the run",
            path.display()
        ));
    }
    Ok(replayed)
}

/// Runs all scenarios against a target in a process of its own, with the baseline that is beside the manifest.
fn run(target: &Path, record: &Path, output: Output) -> Result<Masked<Record>, CliError> {
    let program = env::current_exe().map_err(CliError::Program)?;
    let mut command = process::Command::new(program);
    command
        .arg("run")
        .arg("--target")
        .arg(target)
        .arg("--record")
        .arg(record);
    let baseline = target.with_extension(BASELINE);
    if target.extension().is_some_and(|end| end == MANIFEST) && baseline.is_file() {
        command.arg("--baseline").arg(baseline);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.status().map_err(CliError::Program)?;
    let unjudged = || CliError::Unjudged(target.display().to_string());
    if !record.is_file() {
        return Err(unjudged());
    }
    let replayed = read(record, output)?;
    let summary = &replayed.record.summary;
    // A run with failures ends with another status as well, and is what a matrix shows.
    if status.code().is_none()
        || summary.interrupted
        || summary.pass + summary.warn + summary.fail == 0
    {
        return Err(unjudged());
    }
    Ok(replayed.record)
}
