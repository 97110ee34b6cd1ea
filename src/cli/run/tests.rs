use super::*;

#[test]
fn every_verdict_has_its_exit_status() {
    let exit_of = |summary: Summary, warnings| {
        exit(
            &Record {
                summary,
                ..Record::default()
            },
            None,
            &warnings,
        )
    };
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
    let lost = Summary {
        pass: 1,
        target_lost: true,
        ..none
    };
    assert_eq!(exit_of(lost, Warnings::Pass), Exit::NotRun);
    let gated = Warnings::FailIf(BTreeSet::from(["a/b"]));
    assert_eq!(
        exit_of(Summary { warn: 2, ..none }, gated),
        Exit::NotConformant
    );
    assert_eq!(
        exit_of(
            Summary { warn: 2, ..none },
            Warnings::FailIf(BTreeSet::new())
        ),
        Exit::Conformant
    );
    let interrupted = Summary {
        fail: 1,
        interrupted: true,
        ..none
    };
    assert_eq!(exit_of(interrupted, Warnings::Pass), Exit::Interrupted);
}
