//! Runs the program against many small applications of other authors' stacks, by URL and by manifest. A right
//! application gets no FAIL and no ERROR; the mistakes of the others are found. [`table`] lists what is expected of
//! each.
//!
//! The runs take too long for a debug build: `SOCKSPEC_PROGRAM` names a release build of the program, as
//! `.ci/run applications` does.

mod mistakes;
mod run;
mod table;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
};

use run::{How, Judged};
use table::{APPLICATIONS, Application, End};

/// The number of runs at the same time. A run mostly waits.
const AT_ONCE: usize = 8;

/// Returns the folder of the applications.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/applications")
}

#[test]
fn applications_are_judged_as_they_are() {
    let Some(program) = std::env::var_os("SOCKSPEC_PROGRAM") else {
        eprintln!("skipped: SOCKSPEC_PROGRAM names no release build; run `.ci/run applications`");
        return;
    };
    for needed in ["node_modules/socket.io", ".venv/bin/python"] {
        let there = folder().join(needed).exists();
        assert!(
            there,
            "tests/applications/{needed} is missing: run `.ci/run applications`"
        );
    }
    let only = std::env::var("SOCKSPEC_APPLICATIONS").unwrap_or_default();
    let chosen = APPLICATIONS
        .iter()
        .filter(|application| application.file.contains(&only));
    let runs = chosen.flat_map(|application| application.ways().map(move |how| (application, how)));
    let waiting = Mutex::new(runs);
    let complaints = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap().next();
                    let Some((application, how)) = next else {
                        return;
                    };
                    let judged = run::judge(Path::new(&program), &folder(), application.file, how);
                    let wrong = compare(application, how, judged);
                    complaints.lock().unwrap().extend(wrong);
                }
            });
        }
    });
    let complaints = complaints.into_inner().unwrap();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Compares the verdicts on an application with what is true. Prints one line about the run.
fn compare(application: &Application, how: How, judged: Result<Judged, String>) -> Option<String> {
    let name = format!("{} by {how}", application.file);
    let judged = match judged {
        Ok(judged) => judged,
        Err(reason) => return Some(format!("{name}: {reason}")),
    };
    println!(
        "{name}: {} judged, {} not right",
        judged.count,
        judged.wrong.len()
    );
    let expected: BTreeSet<&str> = application.mistakes(how).collect();
    let tolerated: BTreeSet<&str> = application.deviations(how).collect();
    let mut complaints = Vec::new();
    let has_died = judged.wrong.values().any(|sentence| is_death(sentence));
    if application.end(how) == End::Dies && !has_died {
        complaints.push("  not found: the application dies".to_owned());
    }
    for (id, sentence) in &judged.wrong {
        if application.end(how) == End::Dies && is_death(sentence) {
            continue;
        }
        if !expected.contains(id.as_str()) && !tolerated.contains(id.as_str()) {
            complaints.push(format!("  not true: {id}: {sentence}"));
        }
    }
    let missed = expected
        .iter()
        .filter(|id| !judged.wrong.contains_key(**id));
    complaints.extend(missed.map(|id| format!("  not found: {id}")));
    let least = application.least(how);
    if judged.count < least {
        complaints.push(format!(
            "  only {} scenarios judged it; at least {least} can",
            judged.count
        ));
    }
    (!complaints.is_empty()).then(|| format!("{name}:\n{}", complaints.join("\n")))
}

/// Returns true for the sentence of a scenario that may have ended the application.
fn is_death(sentence: &str) -> bool {
    let (_, reason) = sentence.split_once(": ").unwrap_or_default();
    reason.starts_with("The target died")
}

#[test]
fn every_application_is_in_a_table() {
    let mut files = BTreeSet::new();
    for kind in ["engineio", "python", "socketio", "websocket"] {
        for entry in std::fs::read_dir(folder().join(kind)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".js") || name.ends_with(".py") {
                files.insert(format!("{kind}/{name}"));
            }
        }
    }
    let rows = APPLICATIONS.iter().map(|application| application.file);
    let listed: BTreeSet<String> = rows.map(str::to_owned).collect();
    assert_eq!(files, listed);
    let right = APPLICATIONS
        .iter()
        .filter(|application| application.is_right());
    assert!(
        right.count() >= 30,
        "at least thirty applications are right"
    );
}
