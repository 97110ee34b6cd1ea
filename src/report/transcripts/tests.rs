//! Tests of what people see of a change.

use super::*;
use crate::{
    report::Palette,
    scenario::Transport,
    snapshots::{Change, Direction, Heading, Lane, Line, Section},
};

fn lane(client: &str, lines: &[&str]) -> Lane {
    let lines = lines.iter().map(|line| match line.split_at(2) {
        ("> ", text) => Line::new(Direction::Sent, text),
        (_, text) => Line::new(Direction::Received, text),
    });
    Lane::new(client, lines.collect(), Vec::new())
}

fn section(verdict: &str, lanes: Vec<Lane>) -> Section {
    let heading = Heading::new("rooms/to", Transport::WebSocket, None);
    Section::new(heading, verdict, lanes)
}

/// A client that joins a room: the answer is another one, and five unchanged lines stand in between.
fn changed() -> Change {
    let lines = |answer: &str, last: &[&str]| {
        let mut lines = vec![
            r#"> 40{"token":"<token:valid>"}"#.to_owned(),
            r#"< 40{"sid":"<sid:sender>"}"#.to_owned(),
            r#"> 420["join-room",{"room":"<room>"}]"#.to_owned(),
            answer.to_owned(),
        ];
        lines.extend((1..=8).map(|number| format!(r#"> 42["send",{number}]"#)));
        lines.extend(last.iter().map(|line| (*line).to_owned()));
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        lane("sender", &lines)
    };
    let outsider = lane("outsider", &["> 40", "< 40{}"]);
    let old = lines(
        r#"< 430[{"success":true}]"#,
        &["< closed: close frame 1000"],
    );
    let new = lines(
        r#"< 430[{"success":true,"room":"<room>"}]"#,
        &["< 42[\"bye\"]", "< closed: close frame 1001"],
    );
    Change::Changed {
        old: section("ok", vec![old, outsider.clone()]),
        new: section("fail · unexpected-value", vec![new, outsider]),
    }
}

#[test]
fn lines_stand_one_below_the_other() {
    let change = changed();
    let shown = change_title(&change, Palette::Plain)
        + "\n"
        + &change_in_full(&change, None, Palette::Plain);
    insta::assert_snapshot!(shown, @r#"
    rooms/to · websocket  changed, verdict ok → fail · unexpected-value
    - verdict: ok
    + verdict: fail · unexpected-value
      [sender]
      > 40{"token":"<token:valid>"}
      < 40{"sid":"<sid:sender>"}
      > 420["join-room",{"room":"<room>"}]
    - < 430[{"success":true}]
    + < 430[{"success":true,"room":"<room>"}]
      > 42["send",1]
      > 42["send",2]
      > 42["send",3]
      … 2 lines without a difference
      > 42["send",6]
      > 42["send",7]
      > 42["send",8]
    - < closed: close frame 1000
    + < 42["bye"]
    + < closed: close frame 1001
    "#);
}

#[test]
fn lines_stand_side_by_side() {
    let shown = change_in_columns(&changed(), 78, Palette::Plain);
    insta::assert_snapshot!(shown, @r#"
    - verdict: ok                         │ + verdict: fail · unexpected-value
      [sender]
      > 40{"token":"<token:valid>"}       │   > 40{"token":"<token:valid>"}
      < 40{"sid":"<sid:sender>"}          │   < 40{"sid":"<sid:sender>"}
      > 420["join-room",{"room":"<room>"} │   > 420["join-room",{"room":"<room>"}
      ]                                   │   ]
    - < 430[{"success":true}]             │ + < 430[{"success":true,"room":"<room
                                          │   >"}]
      > 42["send",1]                      │   > 42["send",1]
      > 42["send",2]                      │   > 42["send",2]
      > 42["send",3]                      │   > 42["send",3]
      … 2 lines without a difference
      > 42["send",6]                      │   > 42["send",6]
      > 42["send",7]                      │   > 42["send",7]
      > 42["send",8]                      │   > 42["send",8]
    - < closed: close frame 1000          │ + < 42["bye"]
                                          │ + < closed: close frame 1001
      1 other client without a difference
    "#);
}

#[test]
fn a_narrow_terminal_shows_one_column() {
    let shown = change_in_columns(&changed(), 40, Palette::Plain);
    insta::assert_snapshot!(shown, @r#"
    - verdict: ok
    + verdict: fail · unexpected-value
      [sender]
      > 40{"token":"<token:valid>"}
      < 40{"sid":"<sid:sender>"}
      > 420["join-room",{"room":"<room>"}]
    - < 430[{"success":true}]
    + < 430[{"success":true,"room":"<room>"}
      ]
      > 42["send",1]
      > 42["send",2]
      > 42["send",3]
      … 2 lines without a difference
      > 42["send",6]
      > 42["send",7]
      > 42["send",8]
    - < closed: close frame 1000
    + < 42["bye"]
    + < closed: close frame 1001
    "#);
    for width in 0..200 {
        let shown = change_in_columns(&changed(), width, Palette::Plain);
        let widest = shown
            .lines()
            .map(unicode_width::UnicodeWidthStr::width)
            .max();
        // Notes and signs have a width of their own, which no terminal is too narrow for.
        assert!(widest.unwrap() <= width.max(34), "{width}: {shown}");
    }
}

#[test]
fn the_part_that_differs_is_marked() {
    let shown = change_in_columns(&changed(), 100, Palette::Styled);
    let line = shown.lines().find(|line| line.contains("430")).unwrap();
    let (_, right) = line.split_once(" + ").unwrap();
    assert_eq!(
        right.replace('\u{1b}', "ESC"),
        "ESC[32m< 430[{\"success\":trueESC[0mESC[1mESC[4mESC[32m,\"room\":\"<room>\"ESC[0mESC[32m}]ESC[0m"
    );
}

#[test]
fn a_new_section_takes_the_whole_width() {
    let lanes = vec![lane("a", &["> 40", "< 40{}"]), lane("empty", &[])];
    let change = Change::New(section("ok", lanes.clone()));
    insta::assert_snapshot!(change_in_columns(&change, 100, Palette::Plain), @"
    + verdict: ok
    + [a]
    + > 40
    + < 40{}
    + [empty]
    ");
    assert_eq!(
        group_title(&change, 2),
        "2 scenarios without a snapshot, with the verdict ok"
    );
    let gone = Change::Gone(section("ok", lanes));
    assert!(change_in_full(&gone, None, Palette::Plain).contains("- < 40{}"));
    assert_eq!(
        group_title(&gone, 1),
        "1 scenario whose snapshot is left over"
    );
}

#[test]
fn hostile_lines_are_escaped_and_bounded() {
    let flood = "\u{1b}[2J\u{202e}x".repeat(100_000);
    let other = flood.clone() + "y";
    let many: Vec<String> = (0..5_000).map(|number| format!("< {number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let change = Change::Changed {
        old: section("ok", vec![lane("a", &[&format!("< {flood}")])]),
        new: section(
            "ok",
            vec![lane("a", &[&format!("< {other}")]), lane("b", &many)],
        ),
    };
    for shown in [
        change_in_full(&change, None, Palette::Plain),
        change_in_columns(&change, 100, Palette::Plain),
        change_in_columns(&change, 20, Palette::Plain),
    ] {
        assert!(!shown.contains(['\u{1b}', '\u{202e}']));
        assert!(shown.lines().count() <= 2_001, "{}", shown.lines().count());
        assert!(shown.len() < 200_000, "{}", shown.len());
        assert!(shown.contains("xy"), "{}", &shown[..2_000]);
    }
}

#[test]
fn wide_characters_are_counted_by_their_columns() {
    let change = Change::Changed {
        old: section(
            "ok",
            vec![lane("a", &[&format!("< {}", "日本".repeat(20))])],
        ),
        new: section("ok", vec![lane("a", &["< żółw 🐢"])]),
    };
    insta::assert_snapshot!(change_in_columns(&change, 80, Palette::Plain), @"
      [a]
    - < 日本日本日本日本日本日本日本日本日 │ + < żółw 🐢
      本日本日本日本日本日本日本日本日本日 │
      本日本日本                           │
    ");
}
