//! `sockspec run`: runs scenarios against a target.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
};

use tokio::runtime::Runtime;

use super::{
    Context, Exit,
    args::{ReportRequest, RunArgs, TargetArgs, TierName, TransportName},
    error::CliError,
    failed_run::Failed,
    last_run::LastRun,
    observers::Observers,
    paint::Output,
    places::{self, Writing, refuse_inputs},
    recording::Recording,
    selection::Selection,
    snapshots::Snapshots,
    stop::Interrupts,
    target,
};
use crate::{
    client::Budget,
    net::raise_file_limit,
    report::{Destination, Progress, Terminal, Watched},
    runner::{
        self, Baseline, Comparison, KnownDeviations, Names, Plan, Record, Settings, SnapshotReport,
        Summary, Target, Verdict,
    },
    scenario::{Scenario, Tier, Transport, shared_events},
    targets::Masked,
    text::{
        escape::{self, Newlines},
        one_of,
    },
};

/// Runs scenarios against a target, prints the results and writes the reports.
///
/// # Errors
///
/// Returns an error if files have mistakes, nothing is selected, the target can't be started, or a report can't be
/// written.
pub(super) fn run(args: &RunArgs, context: Context, output: Output) -> Result<Exit, CliError> {
    let mut selection = Selection::with_target(&args.selectors, &args.target.target)?;
    let last_run = last_run(&args.target);
    if args.failed {
        selection.keep(&LastRun::not_right(last_run.as_ref())?)?;
    }
    check_places(args, &selection)?;
    print_warnings(&selection, output);
    let baseline = args.baseline.as_deref().map(Baseline::read).transpose();
    let baseline = baseline.map_err(CliError::BadFiles)?;
    let former = match &args.update_baseline {
        Some(path) if path.exists() => Baseline::read(path).map_err(CliError::BadFiles)?,
        _ => Baseline::default(),
    };
    let scenarios: Vec<_> = selection.scenarios.iter().cloned().map(Arc::new).collect();
    let runtime = Runtime::new().map_err(CliError::Runtime)?;
    let ended = runtime.block_on(execute(
        args,
        &scenarios,
        &selection,
        baseline.as_ref(),
        context,
        output,
    ));
    // Does not wait for a pending DNS lookup, which can't be cancelled.
    runtime.shutdown_background();
    let Executed {
        record,
        unknown,
        mut writing,
    } = match ended {
        Ok(executed) => executed,
        Err(failed) => return Err(report_failure(args, &selection, *failed, output)),
    };

    if let Some(last_run) = &last_run {
        // A failure to write is ignored, because the file only serves `--failed`.
        let _ = last_run.write(&record);
    }
    let names = names(&selection);
    let comparison = baseline.map(|baseline| baseline.compare(&record, &names));
    if let Some(comparison) = &comparison
        && !(args.shown.quiet && comparison.is_as_listed())
    {
        writing.note(print_for_people(args, output, &comparison.to_string()));
    }
    if let Some(path) = &args.update_baseline {
        let text = record.map(|record| former.updated(record, &names).to_yaml());
        writing.write(&Destination::File(path.clone()), Ok(text));
    }
    write_reports(args, &record, &mut writing);
    let exit = exit(&record, comparison.as_ref(), &warnings(args, &record));
    // Whether anything was judged can be said only of all parts of a run together.
    let is_unjudged = args.partition.is_none() && is_all_skipped(&record.summary);
    conclude(exit, writing, &unknown, is_unjudged)
}

/// Prints the warnings of `check` for the files of the run: names that are probably wrong, and each step of the user's
/// scenarios that another scenario of the run can fulfil.
fn print_warnings(selection: &Selection, output: Output) {
    output.print_diagnostics(&selection.names.warnings());
    if !selection.is_complete {
        let chosen: Vec<_> = selection.scenarios.iter().collect();
        output.print_diagnostics(&shared_events(&chosen));
    }
}

fn last_run(target: &TargetArgs) -> Option<LastRun> {
    LastRun::of(&[&target.target, target.url.as_deref().unwrap_or_default()])
}

/// Returns the exit status of a run, or the error that ends the command although the run has ended.
fn conclude(
    exit: Exit,
    writing: Writing,
    unknown: &BTreeSet<String>,
    is_unjudged: bool,
) -> Result<Exit, CliError> {
    if !writing.errors.is_empty() {
        return Err(CliError::Unwritten {
            errors: writing.errors,
            exit,
        });
    }
    // These errors apply only to a run without failures: the exit status of a failure takes precedence.
    match exit {
        Exit::Conformant if !unknown.is_empty() => Err(CliError::UnknownNeed(one_of(
            unknown.iter().map(String::as_str),
        ))),
        Exit::Conformant if is_unjudged => Err(CliError::NothingJudged),
        exit => Ok(exit),
    }
}

fn warnings<'r>(args: &RunArgs, record: &'r Record) -> Warnings<'r> {
    match args.gate {
        _ if args.strict => Warnings::Fail,
        Some(gate) => Warnings::FailIf(gate.stopped(&record.outcomes)),
        None => Warnings::Pass,
    }
}

fn write_reports(args: &RunArgs, record: &Masked<Record>, writing: &mut Writing) {
    // Writing to a pipe can block until somebody reads it, so pipes come last.
    let mut reports: Vec<_> = args.reports.iter().collect();
    reports.sort_by_key(|request| request.destination.can_wait());
    for request in reports {
        let text = request.format.render(record).map_err(CliError::from);
        writing.write(&request.destination, text);
    }
}

/// Writes the reports of a run that could not begin, and returns the error that ends the command.
fn report_failure(
    args: &RunArgs,
    selection: &Selection,
    failed: Failed,
    output: Output,
) -> CliError {
    let mut writing = Writing::default();
    if let Some(record) = &failed.record {
        let recorded = match failed.recording {
            Some(recording) => recording.complete_with(record),
            None => Recording::of_failed_run(args, selection, record),
        };
        writing.note(recorded);
        write_reports(args, record, &mut writing);
    }
    if writing.errors.is_empty() {
        return failed.error;
    }
    output.print_error(&failed.error);
    CliError::Unwritten {
        errors: writing.errors,
        exit: failed.error.exit(),
    }
}

/// The results of a run that has ended.
struct Executed {
    record: Masked<Record>,
    /// The capabilities that scenarios need and that no file declares.
    unknown: BTreeSet<String>,
    /// The errors of the text output for people, and of the record of the run.
    writing: Writing,
}

impl Executed {
    fn new(record: Masked<Record>, unknown: BTreeSet<String>, observers: Observers) -> Self {
        let (writing, compared) = observers.finish();
        Self {
            record: record.map(|record| Record {
                snapshots: compared,
                ..record.clone()
            }),
            unknown,
            writing,
        }
    }
}

async fn execute(
    args: &RunArgs,
    scenarios: &[Arc<Scenario>],
    selection: &Selection,
    baseline: Option<&Baseline>,
    context: Context,
    output: Output,
) -> Result<Executed, Box<Failed>> {
    let files = target::read_files(&args.target, output)?;
    let interrupts = Interrupts::take_over();
    let work = async {
        let target = Target {
            budget: Budget::new(args.memory),
            ..match target::resolve(&args.target, files).await {
                Ok(target) => target,
                Err(error @ CliError::Probe(_)) => {
                    let target = target::unknown(&args.target)?;
                    let settings = settings(args, selection, baseline, &target)?;
                    return Err(Failed::unstarted(scenarios, &target, &settings, error));
                }
                Err(error) => return Err(error.into()),
            }
        };
        let settings = Arc::new(settings(args, selection, baseline, &target)?);
        let plan = Plan::new(scenarios, &target.manifest, &settings);
        // A part of a run may be empty. Its record is needed all the same, to join the parts.
        if plan.items.is_empty() && args.partition.is_none() {
            return Err(only_on_demand(&plan).into());
        }
        let unknown = check_needs(&plan, selection)?;
        let (name, secrets) = (&target.manifest.name, &target.secrets);
        let recording = Recording::begin(args, selection, name, settings.seed, secrets)?;
        let snapshots = Snapshots::of_run(args, context, selection, &plan, name)?;
        let terminal = terminal(args, context, output);
        let mut observers = Observers::new(terminal, recording, snapshots);
        let gentle = interrupts.gentle.clone();
        let record = runner::run(plan, &target, &settings, gentle, |event| {
            interrupts.run_began();
            observers.event(event);
        })
        .await;
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let failed = Failed::unstarted(scenarios, &target, &settings, error.into());
                return Err(failed.recorded_in(observers.into_recording()));
            }
        };
        Ok(Executed::new(record, unknown, observers))
    };
    // Dropping the future `work` stops the servers that the run launched.
    tokio::select! {
        done = work => done,
        () = interrupts.abrupt.cancelled() => Err(CliError::Interrupted.into()),
    }
}

/// Returns an error if two results have the same place, if a result would replace a file that the run reads, or if a
/// place can't be written to.
fn check_places(args: &RunArgs, selection: &Selection) -> Result<(), CliError> {
    let mut inputs: Vec<_> = selection.files.iter().cloned().collect();
    // `--target` is a file only if it names a manifest; it can also be a URL or a bundled server.
    inputs.extend(Some(PathBuf::from(&args.target.target)).filter(|path| path.is_file()));
    inputs.extend(args.target.tls.ca.clone());
    let update = args.update_baseline.clone().map(Destination::File);
    let record = args.record.clone().map(Destination::File);
    if let Some(path) = &args.update_baseline {
        refuse_inputs(path, &inputs)?;
    }
    let reports = args.reports.iter().map(|request| &request.destination);
    // `--update-baseline` may replace the file of `--baseline`; a report may not.
    inputs.extend(args.baseline.clone());
    places::check(reports.clone(), &inputs)?;
    if let Some(path) = &args.record {
        refuse_inputs(path, &inputs)?;
    }
    places::check(reports.chain(&update).chain(&record), &[])
}

/// Returns the capabilities that scenarios need and that no file declares.
///
/// # Errors
///
/// Returns an error if every scenario needs such a capability.
fn check_needs(plan: &Plan, selection: &Selection) -> Result<BTreeSet<String>, CliError> {
    let undeclared = selection.names.undeclared();
    let mut unknown = BTreeSet::new();
    let mut can_run = false;
    for item in &plan.items {
        let needs = item.scenario.needs.iter();
        let needs: Vec<_> = needs
            .filter(|need| undeclared.contains(need.as_str()))
            .collect();
        can_run |= needs.is_empty();
        unknown.extend(needs.into_iter().cloned());
    }
    if can_run || plan.items.is_empty() {
        Ok(unknown)
    } else {
        Err(CliError::NothingProvides(one_of(
            unknown.iter().map(String::as_str),
        )))
    }
}

fn terminal(args: &RunArgs, context: Context, output: Output) -> Terminal<Box<dyn Write>> {
    let progress = Progress::new(if args.shown.quiet {
        Watched::No
    } else {
        context.watched()
    });
    // If a report goes to the standard output, the text for people goes to the standard error.
    let (out, palette): (Box<dyn Write>, _) = if stdout_is_taken(&args.reports) {
        (Box::new(io::stderr()), output.stderr)
    } else {
        (Box::new(io::stdout()), output.stdout)
    };
    let (detail, same_cause) = (args.shown.detail(), args.shown.same_cause());
    Terminal::new(out, palette, detail, same_cause, progress)
}

fn settings(
    args: &RunArgs,
    selection: &Selection,
    baseline: Option<&Baseline>,
    target: &Target,
) -> Result<Settings, CliError> {
    let all = [Transport::WebSocket, Transport::Polling, Transport::Upgrade];
    let stack = args.target.stack(target.manifest.stack);
    let known = KnownDeviations::new(baseline, stack, &names(selection));
    let known = known.map_err(CliError::BadFiles)?;
    Ok(Settings {
        known: Arc::new(known),
        jobs: args.pace.jobs.map_or(target.jobs(), number),
        repeat: number(args.repeat),
        retries: number(args.retries),
        fail_fast: args.fail_fast,
        max_time: args.max_time(),
        file_limit: raise_file_limit(),
        seed: args.pace.seed(),
        keeps_traffic: true,
        transcribes: args.snapshot.is_some(),
        partition: args.partition,
        within: args.within,
        settle: args.settle,
        transports: match args.transport() {
            TransportName::Websocket => vec![Transport::WebSocket],
            TransportName::Polling => vec![Transport::Polling],
            TransportName::Upgrade => vec![Transport::Upgrade],
            TransportName::All => all.to_vec(),
        },
        include: args
            .include
            .iter()
            .map(|tier| match tier {
                TierName::Destructive => Tier::Destructive,
                TierName::Slow => Tier::Slow,
            })
            .collect(),
        requirements: Arc::new(selection.requirements.clone()),
        shipped: selection.shipped.clone(),
        target_options: args.rerun_options(),
    })
}

fn number(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Returns the present and former ids of the scenarios. With them, the comparison with a baseline finds the scenario
/// that a baseline entry names.
fn names(selection: &Selection) -> Names {
    let former = selection.scenarios.iter().flat_map(|scenario| {
        let aliases = scenario.aliases.iter();
        aliases.map(|alias| (alias.clone(), scenario.id.clone()))
    });
    let scenarios = selection.scenarios.iter();
    let ids = scenarios.map(|scenario| scenario.id.clone());
    Names {
        former: former.collect(),
        all: selection.is_complete.then(|| ids.collect()),
        known: selection.known.clone(),
    }
}

fn only_on_demand(plan: &Plan) -> CliError {
    let tiers: Vec<_> = plan
        .left_out
        .iter()
        .map(|(tier, _)| format!("`--include {tier}`"))
        .collect();
    CliError::OnlyOnDemand(tiers.join(" and "))
}

fn stdout_is_taken(reports: &[ReportRequest]) -> bool {
    reports
        .iter()
        .any(|request| request.destination == Destination::Stdout)
}

fn print_for_people(args: &RunArgs, output: Output, text: &str) -> Result<(), CliError> {
    let text = output.masked(escape::visible(text, Newlines::Keep));
    if stdout_is_taken(&args.reports) {
        Ok(io::stderr().write_all(text.as_bytes())?)
    } else {
        Ok(output.write(&text)?)
    }
}

/// Returns true if every scenario was skipped, so that the run has no verdict.
fn is_all_skipped(summary: &Summary) -> bool {
    summary.pass + summary.warn + summary.fail + summary.error == 0
}

/// The effect of warnings on the exit status.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Warnings<'r> {
    /// With `--strict`, a warning fails the run.
    Fail,
    /// With `--gate`, the warnings of these scenarios fail the run.
    FailIf(BTreeSet<&'r str>),
    /// A warning does not fail the run.
    Pass,
}

/// Returns the exit status of a run. If a run has failures and errors, the failure decides, because an error (a
/// scenario that could not run) says nothing about the target.
fn exit(record: &Record, comparison: Option<&Comparison>, warnings: &Warnings<'_>) -> Exit {
    let summary = &record.summary;
    let is_changed = record.snapshots.as_ref().is_some_and(SnapshotReport::fails);
    let (fail, error, warn, stale) = match comparison {
        None => (
            summary.unexplained(Verdict::Fail),
            summary.unexplained(Verdict::Error),
            summary.unexplained(Verdict::Warn) - summary.informative,
            0,
        ),
        Some(known) => (
            known.fail.len(),
            known.error.len(),
            known.warn.len(),
            known.stale.len(),
        ),
    };
    let counted = match (warnings, comparison) {
        (Warnings::Fail, _) => warn,
        (Warnings::FailIf(stopped), None) => stopped.len(),
        (Warnings::FailIf(stopped), Some(known)) => {
            let new = known.warn.iter();
            new.filter(|id| stopped.contains(id.as_str())).count()
        }
        (Warnings::Pass, _) => 0,
    };
    if summary.interrupted {
        Exit::Interrupted
    } else if fail > 0 || stale > 0 || counted > 0 || is_changed {
        Exit::NotConformant
    } else if error > 0 || summary.target_lost {
        Exit::NotRun
    } else {
        Exit::Conformant
    }
}

#[cfg(test)]
mod tests;
