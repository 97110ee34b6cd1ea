use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use tempfile::TempDir;

use super::*;
use crate::{
    runner::{Event, EventKind, Notice, Partition, Record, RunInfo, samples},
    scenario::Scenario,
    schema_checks,
    targets::Secrets,
};

fn header(part: Option<&str>) -> Header {
    Header {
        schema: RECORD_SCHEMA_NAME.to_owned(),
        version: "0.1.0".to_owned(),
        suite: Suite {
            digest: "a".repeat(64),
            scenarios: 4,
        },
        target: TestedTarget::new("chat", "name: chat"),
        selectors: Vec::new(),
        partition: part.map(|part| part.parse().unwrap()),
        seed: 7,
    }
}

fn write(path: &Path, header: Header, events: &[Event]) {
    let mut writer = Writer::create(path, &Secrets::default().masked(header)).unwrap();
    for event in events {
        writer.add(&Secrets::default().masked(event.clone()));
    }
    writer.finish().unwrap();
}

fn read(paths: &[PathBuf]) -> Result<(Replayed, Vec<Event>), String> {
    let mut events = Vec::new();
    let replayed = replay(paths, &mut |event| events.push((**event).clone()));
    replayed
        .map(|replayed| (replayed, events))
        .map_err(|error| error.to_string())
}

fn folded(events: &[Event]) -> Record {
    let mut record = Record::default();
    for event in events {
        record.add(event);
    }
    record
}

/// Returns the events of a part whose scenarios have these ids.
fn part(ids: &[&str]) -> Vec<Event> {
    let mut events = samples::events();
    events.retain(|event| !matches!(event.kind, EventKind::ScenarioFinished(_)));
    let place = events.len() - 1;
    for id in ids {
        let outcome = crate::runner::Outcome {
            id: (*id).to_owned(),
            ..samples::failed()
        };
        let kind = EventKind::ScenarioFinished(Box::new(outcome));
        let at = std::time::Duration::from_millis(5);
        events.insert(place, Event { at, kind });
    }
    events
}

#[test]
fn a_record_gives_back_every_event() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("new/run.record");
    write(&path, header(None), &samples::events());
    let (replayed, events) = read(&[path]).unwrap();
    assert_eq!(events, samples::events());
    assert_eq!(*replayed.header, header(None));
    assert_eq!(*replayed.record, folded(&samples::events()));
    assert!(!replayed.is_cut);
}

/// Each released version of the format has a record here, which later versions still read.
#[test]
fn the_committed_record_of_each_version_can_be_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/records/version-1.record");
    let (replayed, events) = read(&[path]).unwrap();
    assert_eq!(replayed.header.schema, "sockspec-record/1");
    let verdicts: Vec<_> = replayed
        .record
        .outcomes
        .iter()
        .map(|outcome| (outcome.id.as_str(), outcome.verdict.sign()))
        .collect();
    assert_eq!(verdicts, [("chat/right", "ok"), ("chat/wrong", "FAIL")]);
    let traced = events.iter().filter_map(|event| match &event.kind {
        EventKind::AttemptTraced(traffic) => Some(traffic.clients.len()),
        _ => None,
    });
    assert_eq!(traced.collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn a_cut_record_says_so_wherever_it_is_cut() {
    let folder = TempDir::new().unwrap();
    let whole = folder.path().join("whole");
    write(&whole, header(None), &samples::events());
    let bytes = fs::read(&whole).unwrap();
    let cut = folder.path().join("cut");
    let mut readable = 0;
    for length in 0..bytes.len() - 9 {
        fs::write(&cut, &bytes[..length]).unwrap();
        match read(std::slice::from_ref(&cut)) {
            Ok((replayed, events)) => {
                readable += 1;
                // The trailer of gzip alone says that the text is complete, so a record may be whole without it.
                let has_notice = |notice: &Notice| matches!(notice, Notice::RecordCut { .. });
                assert_eq!(
                    replayed.is_cut,
                    replayed.record.notices.iter().any(has_notice)
                );
                assert!(matches!(
                    events.last().unwrap().kind,
                    EventKind::RunFinished(_)
                ));
            }
            Err(error) => assert!(
                error.contains("was cut before its first line") || error.contains("no record"),
                "{length}: {error}"
            ),
        }
    }
    assert!(readable > 0);
}

#[test]
fn other_files_are_refused_with_their_fault() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("file");
    let packed = |text: &[u8]| {
        let mut out = GzEncoder::new(Vec::new(), Compression::fast());
        out.write_all(text).unwrap();
        out.finish().unwrap()
    };
    let newer = serde_json::to_string(&header(None)).unwrap();
    let newer = newer.replace("record/1", "record/2");
    let damaged = format!(
        "{}\n{{\"event\":\n",
        serde_json::to_string(&header(None)).unwrap()
    );
    for (bytes, expected) in [
        (Vec::new(), "it is empty"),
        (
            b"{\"schema\":\"sockspec-record/1\"}\n".to_vec(),
            "no record of sockspec",
        ),
        (packed(b"hello\n"), "no record of sockspec"),
        (
            packed(b"{\"schema\":\"sockspec-report/1\"}\n"),
            "no record of sockspec",
        ),
        (packed(newer.as_bytes()), "was cut before its first line"),
        (
            packed((newer + "\n").as_bytes()),
            "it has the format `sockspec-record/2`, which only a newer version can read; sockspec 0.1.0 wrote the record",
        ),
        (packed(damaged.as_bytes()), "line 2 is damaged"),
    ] {
        fs::write(&path, bytes).unwrap();
        let error = read(std::slice::from_ref(&path)).unwrap_err();
        assert!(error.contains(expected), "{error}");
        assert!(error.contains("file"), "{error}");
    }
    assert!(
        read(&[folder.path().join("none")])
            .unwrap_err()
            .contains("can't read")
    );
}

#[test]
fn an_event_that_only_a_newer_version_knows_is_not_called_damaged() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("newer.record");
    let refused = |version: &str, old: &str, new: &str| {
        let header = Header {
            version: version.to_owned(),
            ..header(None)
        };
        let lines = samples::events();
        let lines = lines
            .iter()
            .map(|event| serde_json::to_string(event).unwrap());
        let text: String = [serde_json::to_string(&header).unwrap()]
            .into_iter()
            .chain(lines)
            .map(|line| line.replace(old, new) + "\n")
            .collect();
        let mut out = GzEncoder::new(fs::File::create(&path).unwrap(), Compression::fast());
        out.write_all(text.as_bytes()).unwrap();
        out.finish().unwrap();
        read(std::slice::from_ref(&path)).unwrap_err()
    };
    let newer = refused("99.1.0", "\"run-started\"", "\"run-planned\"");
    assert!(
        newer.contains("line 2 holds something that this version, 0.1.0, does not know; sockspec 99.1.0 wrote the record: unknown variant `run-planned`"),
        "{newer}"
    );
    let newer = refused(
        "0.1.1",
        "\"delivered-to-outsider\"",
        "\"delivered-upside-down\"",
    );
    assert!(newer.contains("sockspec 0.1.1 wrote the record"), "{newer}");
    let same = refused("0.1.0", "\"run-started\"", "\"run-planned\"");
    assert!(
        same.contains("line 2 is damaged: unknown variant `run-planned`"),
        "{same}"
    );
    let cut = refused("99.1.0", "\"event\":\"run-started\"", "\"event\":");
    assert!(cut.contains("line 2 is damaged"), "{cut}");
}

#[test]
fn a_record_with_an_event_twice_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("twice.record");
    let refused = |events: &[Event]| {
        write(&path, header(None), events);
        read(std::slice::from_ref(&path)).unwrap_err()
    };
    let events = samples::events();
    let all_twice = refused(&[events.clone(), events.clone()].concat());
    let line = events.len() + 2;
    assert!(
        all_twice.contains(&format!("line {line} holds `run-started` a second time")),
        "{all_twice}"
    );
    let is_end = |event: &Event| matches!(event.kind, EventKind::ScenarioFinished(_));
    let end = events.iter().position(is_end).unwrap();
    let mut again = events[end].clone();
    again.at += std::time::Duration::from_secs(1);
    let mut doubled = events.clone();
    doubled.insert(end + 1, again);
    let one_twice = refused(&doubled);
    assert!(
        one_twice.contains(&format!("line {} holds `scenario-finished` of `", end + 3)),
        "{one_twice}"
    );
    let mut late = events.clone();
    late.push(Event {
        at: std::time::Duration::from_secs(9),
        kind: EventKind::Interrupted,
    });
    let late = refused(&late);
    assert!(
        late.contains("holds `interrupted` after the end of the run"),
        "{late}"
    );
    write(&path, header(None), &events);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, [whole.clone(), whole].concat()).unwrap();
    let joined = read(std::slice::from_ref(&path)).unwrap_err();
    assert!(
        joined.contains(&format!("line {line} begins a second record")),
        "{joined}"
    );
}

#[test]
fn parts_of_one_run_are_joined() {
    let folder = TempDir::new().unwrap();
    let paths: Vec<_> = ["slice:2/2", "slice:1/2"]
        .iter()
        .zip([["b/1", "b/2"], ["a/1", "a/2"]])
        .map(|(partition, ids)| {
            let path = folder.path().join(partition.replace('/', "-"));
            write(&path, header(Some(partition)), &part(&ids));
            path
        })
        .collect();
    let (replayed, events) = read(&paths).unwrap();
    let ids: Vec<_> = replayed
        .record
        .outcomes
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(ids, ["a/1", "a/2", "b/1", "b/2"]);
    assert_eq!(replayed.record.summary.fail, 4);
    assert_eq!(replayed.header.partition, None);
    let started: Vec<&RunInfo> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::RunStarted(info) => Some(info),
            _ => None,
        })
        .collect();
    let of_parts = folded(&samples::events()).info.scenarios;
    assert_eq!(started.len(), 1);
    assert_eq!(started[0].scenarios, 2 * of_parts);
    let cited: Vec<_> = started[0].requirements.iter().map(|one| &one.id).collect();
    assert_eq!(cited, ["acks.value"]);
}

#[test]
fn what_the_failures_of_a_part_have_in_common_is_not_said_of_the_whole_run() {
    let folder = TempDir::new().unwrap();
    let paths = ["slice:1/2", "slice:2/2"].map(|partition| {
        let mut events = part(&["a/1"]);
        let kind = EventKind::Noticed(Notice::Suspect {
            operation: "join-room".to_owned(),
            failing: 9,
            failed: 10,
            passing: 0,
        });
        let at = std::time::Duration::from_millis(6);
        events.insert(events.len() - 1, Event { at, kind });
        let path = folder.path().join(partition.replace('/', "-"));
        write(&path, header(Some(partition)), &events);
        path
    });
    let (replayed, _) = read(&paths).unwrap();
    let is_suspect = |notice: &Notice| matches!(notice, Notice::Suspect { .. });
    assert!(!replayed.record.notices.iter().any(is_suspect));
}

#[test]
fn what_most_failures_have_in_common_is_said_of_the_whole_run() {
    let folder = TempDir::new().unwrap();
    let paths = ["a", "b"].map(|topic| {
        let ids = [1, 2, 3, 4].map(|number| format!("{topic}/{number}"));
        let mut events = part(&ids.each_ref().map(String::as_str));
        for event in &mut events {
            if let EventKind::ScenarioFinished(outcome) = &mut event.kind {
                outcome.operations = vec!["join-room".to_owned()];
            }
        }
        let number = if topic == "a" { 1 } else { 2 };
        let path = folder.path().join(topic);
        write(&path, header(Some(&format!("slice:{number}/2"))), &events);
        path
    });
    let (replayed, _) = read(&paths).unwrap();
    let suspected = Notice::Suspect {
        operation: "join-room".to_owned(),
        failing: 8,
        failed: 8,
        passing: 0,
    };
    assert!(replayed.record.notices.contains(&suspected));
}

#[test]
fn records_that_are_not_the_parts_of_one_run_are_refused() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, header: Header| {
        let path = folder.path().join(name);
        write(&path, header, &part(&["a/1"]));
        path
    };
    let first = file("first", header(Some("slice:1/2")));
    let second = file("second", header(Some("slice:2/2")));
    let again = file("again", header(Some("slice:1/2")));
    let other_rule = file("rule", header(Some("hash:2/2")));
    let whole = file("whole", header(None));
    let other_suite = Header {
        suite: Suite {
            digest: "b".repeat(64),
            scenarios: 4,
        },
        ..header(Some("slice:2/2"))
    };
    let other_suite = file("suite", other_suite);
    let other_target = Header {
        target: TestedTarget::new("chat", "name: chat, but other"),
        ..header(Some("slice:2/2"))
    };
    let other_target = file("target", other_target);
    assert!(read(&[first.clone(), second]).is_ok());
    for (other, expected) in [
        (again, "part 1 is there twice"),
        (other_rule, "different partitions"),
        (whole, "holds a whole run"),
        (other_suite, "different suites"),
        (other_target, "different targets"),
    ] {
        let error = read(&[first.clone(), other]).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    let third = file("third", header(Some("slice:3/4")));
    let one = file("one", header(Some("slice:1/4")));
    assert!(
        read(&[third, one])
            .unwrap_err()
            .contains("of 4 parts, these are missing: 2, 4")
    );
}

#[test]
fn a_suite_is_known_by_its_ids_and_files() {
    let shipped: [Scenario; 0] = [];
    let empty = Suite::of(&shipped);
    assert_eq!((empty.digest.len(), empty.scenarios), (64, 0));
}

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    #[derive(schemars::JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only the schema of this type is used")]
    enum Line {
        /// The first line.
        Header(Header),
        /// Each other line.
        Event(Event),
    }
    let schema = schemars::schema_for!(Line);
    schema_checks::assert_committed("record.json", &schema);
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    assert!(validator.is_valid(&serde_json::to_value(header(Some("hash:1/2"))).unwrap()));
    for event in samples::events() {
        assert!(validator.is_valid(&serde_json::to_value(event).unwrap()));
    }
}

#[test]
fn a_partition_is_in_the_header_as_fields() {
    let partition: Partition = "hash:2/3".parse().unwrap();
    assert_eq!(
        serde_json::to_string(&partition).unwrap(),
        r#"{"by":"hash","part":2,"of":3}"#
    );
}
