//! `sockspec run`: runs scenarios against a target.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    sync::Arc,
};

use tokio::runtime::Runtime;

use super::{
    Context, Exit,
    args::{ReportRequest, RunArgs, TierName, TransportName},
    error::CliError,
    paint::Output,
    selection::Selection,
    stop::Interrupts,
    target,
};
use crate::{
    report::{Destination, Detail, Progress, Terminal},
    runner::{self, Baseline, Comparison, Names, Plan, Record, Settings, Summary, Target},
    scenario::{Scenario, Tier, Transport},
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
    check_destinations(&args.reports)?;
    let selection = Selection::with_target(&args.selectors.selectors, &args.target.target)?;
    let baseline = args.baseline.as_deref().map(Baseline::read).transpose();
    let baseline = baseline.map_err(CliError::BadFiles)?;
    let former = match &args.update_baseline {
        Some(path) if path.exists() => Baseline::read(path).map_err(CliError::BadFiles)?,
        _ => Baseline::default(),
    };
    let scenarios: Vec<_> = selection.scenarios.iter().cloned().map(Arc::new).collect();
    let runtime = Runtime::new().map_err(CliError::Runtime)?;
    let Executed { record, unknown } = runtime.block_on(execute(
        args,
        &scenarios,
        &selection,
        baseline.as_ref(),
        context,
        output,
    ))?;
    // A pending name lookup can't be cancelled; it must not keep the process alive.
    runtime.shutdown_background();

    for request in &args.reports {
        let text = (request.format.run)(&record)?;
        request.destination.write(&text)?;
    }
    let names = names(&selection);
    if let Some(path) = &args.update_baseline {
        let text = former.updated(&record, &names).to_yaml();
        Destination::File(path.clone()).write(&text)?;
    }
    let comparison = baseline.map(|baseline| baseline.compare(&record, &names));
    if let Some(comparison) = &comparison {
        print_for_people(args, output, &comparison.to_string())?;
    }
    let warnings = if args.strict {
        Warnings::Fail
    } else {
        Warnings::Pass
    };
    let exit = exit(&record.summary, comparison.as_ref(), warnings);
    // A failure outweighs what was not judged.
    match exit {
        Exit::Conformant if !unknown.is_empty() => Err(CliError::UnknownNeed(one_of(
            unknown.iter().map(String::as_str),
        ))),
        Exit::Conformant if is_all_skipped(&record.summary) => Err(CliError::NothingJudged),
        exit => Ok(exit),
    }
}

/// A run that has ended.
struct Executed {
    record: Record,
    /// The capabilities that scenarios need and that no file declares.
    unknown: BTreeSet<String>,
}

async fn execute(
    args: &RunArgs,
    scenarios: &[Arc<Scenario>],
    selection: &Selection,
    baseline: Option<&Baseline>,
    context: Context,
    output: Output,
) -> Result<Executed, CliError> {
    let interrupts = Interrupts::listen().map_err(CliError::Runtime)?;
    let work = async {
        let target = target::resolve(&args.target).await?;
        let settings = settings(args, selection, baseline, &target);
        let plan = Plan::new(scenarios, &target.manifest, &settings);
        if plan.items.is_empty() {
            return Err(only_on_demand(&plan));
        }
        let unknown = check_needs(&plan, selection)?;
        let mut terminal = terminal(args, context, output);
        let mut broken = None;
        let gentle = interrupts.gentle.clone();
        let record = runner::run(plan, &target, &settings, gentle, |event| {
            interrupts.run_began();
            // The run goes on if the reader closes the pipe, because reports and exit status are still needed.
            if broken.is_none() {
                broken = terminal.event(&event).err();
            }
        })
        .await?;
        match broken {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(Executed { record, unknown }),
        }
    };
    // Dropping the future stops the servers that the run launched.
    tokio::select! {
        done = work => done,
        () = interrupts.abrupt.cancelled() => Err(CliError::Interrupted),
    }
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
    if can_run {
        Ok(unknown)
    } else {
        Err(CliError::NothingProvides(one_of(
            unknown.iter().map(String::as_str),
        )))
    }
}

fn terminal(args: &RunArgs, context: Context, output: Output) -> Terminal<Box<dyn Write>> {
    let progress = Progress::new(context.watched());
    let detail = if args.verbose {
        Detail::Verbose
    } else {
        Detail::Normal
    };
    // If a report goes to the standard output, the text for people goes to the standard error.
    let (out, palette): (Box<dyn Write>, _) = if stdout_is_taken(&args.reports) {
        (Box::new(io::stderr()), output.stderr)
    } else {
        (Box::new(io::stdout()), output.stdout)
    };
    Terminal::new(out, palette, detail, progress)
}

fn settings(
    args: &RunArgs,
    selection: &Selection,
    baseline: Option<&Baseline>,
    target: &Target,
) -> Settings {
    let all = [Transport::WebSocket, Transport::Polling, Transport::Upgrade];
    Settings {
        first: baseline.map(Baseline::scenarios).unwrap_or_default(),
        jobs: args.pace.jobs.map_or(target.host.jobs(), number),
        repeat: number(args.repeat),
        retries: number(args.retries),
        fail_fast: args.fail_fast,
        seed: args.pace.seed(),
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
    }
}

fn number(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Returns the ids that the entries of a baseline can have.
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

fn check_destinations(reports: &[ReportRequest]) -> Result<(), CliError> {
    for (index, request) in reports.iter().enumerate() {
        let earlier = reports.iter().take(index);
        if earlier
            .into_iter()
            .any(|other| other.destination == request.destination)
        {
            return Err(CliError::SamePlace);
        }
    }
    Ok(())
}

fn stdout_is_taken(reports: &[ReportRequest]) -> bool {
    reports
        .iter()
        .any(|request| request.destination == Destination::Stdout)
}

fn print_for_people(args: &RunArgs, output: Output, text: &str) -> Result<(), CliError> {
    let text = escape::visible(text, Newlines::Keep);
    if stdout_is_taken(&args.reports) {
        Ok(io::stderr().write_all(text.as_bytes())?)
    } else {
        Ok(output.write(&text)?)
    }
}

/// Returns true if the run has no verdict: every scenario was skipped.
fn is_all_skipped(summary: &Summary) -> bool {
    summary.pass + summary.warn + summary.fail + summary.error == 0
}

/// The effect of warnings on the exit status.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Warnings {
    /// With `--strict`, a warning fails the run.
    Fail,
    /// A warning does not fail the run.
    Pass,
}

/// Returns the exit status of a run. A failure outweighs an error: a failure is certain, an error says nothing about
/// the target.
fn exit(summary: &Summary, comparison: Option<&Comparison>, warnings: Warnings) -> Exit {
    let (fail, error, warn, stale) = match comparison {
        None => (
            summary.fail,
            summary.error,
            summary.warn - summary.informative,
            0,
        ),
        Some(known) => (
            known.fail.len(),
            known.error.len(),
            known.warn.len(),
            known.stale.len(),
        ),
    };
    if summary.interrupted {
        Exit::Interrupted
    } else if fail > 0 || stale > 0 || (warnings == Warnings::Fail && warn > 0) {
        Exit::NotConformant
    } else if error > 0 {
        Exit::NotRun
    } else {
        Exit::Conformant
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_has_its_exit_status() {
        let exit_of = |summary: Summary, warnings| exit(&summary, None, warnings);
        let none = Summary::default();
        assert_eq!(
            exit_of(
                Summary {
                    pass: 1,
                    skip: 1,
                    ..none
                },
                Warnings::Fail
            ),
            Exit::Conformant
        );
        assert_eq!(
            exit_of(Summary { warn: 1, ..none }, Warnings::Pass),
            Exit::Conformant
        );
        assert_eq!(
            exit_of(Summary { warn: 1, ..none }, Warnings::Fail),
            Exit::NotConformant
        );
        // Warnings of tier `info` never fail a run.
        assert_eq!(
            exit_of(
                Summary {
                    warn: 1,
                    informative: 1,
                    ..none
                },
                Warnings::Fail
            ),
            Exit::Conformant
        );
        assert_eq!(
            exit_of(
                Summary {
                    fail: 1,
                    error: 1,
                    ..none
                },
                Warnings::Pass
            ),
            Exit::NotConformant
        );
        assert_eq!(
            exit_of(Summary { error: 1, ..none }, Warnings::Pass),
            Exit::NotRun
        );
        let interrupted = Summary {
            fail: 1,
            interrupted: true,
            ..none
        };
        assert_eq!(exit_of(interrupted, Warnings::Pass), Exit::Interrupted);
    }
}
