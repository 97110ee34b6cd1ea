//! Measures how the cost of a run grows: `cargo bench --bench scale`. Each case is measured at a size, at twice
//! and at four times that size.
//!
//! Prints the measured numbers. No number makes the benchmark fail.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// The ticks per second of the times in `/proc`. Linux shows them to programs with this unit on every machine.
const TICKS: f64 = 100.0;

fn main() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("scale");
    fs::create_dir_all(&folder).expect("a folder for the scenario files");
    for rows in [12_500, 25_000, 50_000] {
        let file = folder.join(format!("rows-{rows}.yaml"));
        fs::write(&file, table(rows)).expect("a scenario file");
        print(
            &format!("check of {rows} rows; target for 50000: 2 s"),
            "check",
            &file,
        );
    }
    for users in [200, 500, 1_000, 2_000, 10_000] {
        let file = folder.join(format!("users-{users}.yaml"));
        fs::write(&file, calls(users)).expect("a scenario file");
        let what = format!(
            "{users} users with join and ten acknowledged events; targets: 200 in 0.15 s of CPU, 2000 in 1.5 s, 10000 in 1 GB"
        );
        print(&what, "run", &file);
    }
    for rounds in [500, 1_000, 2_000] {
        let file = folder.join(format!("rounds-{rounds}.yaml"));
        fs::write(&file, deliveries(rounds)).expect("a scenario file");
        print(
            &format!("{rounds} rounds of emit and deliver"),
            "run",
            &file,
        );
    }
}

/// Returns a file with a table.
fn table(rows: usize) -> String {
    let mut text =
        "scenarios:\n- id: scale/rows\n  title: Row $case is echoed\n  clients: [alice]\n  each:\n"
            .to_owned();
    for row in 0..rows {
        // Writing to a `String` can't fail.
        let _ = writeln!(text, "  - {{ case: c{row}, text: t{row} }}");
    }
    text + "  steps:\n  - call: echo\n    with: $text\n    reply: $text\n"
}

/// Returns a file in which a group of clients sends ten requests.
fn calls(users: usize) -> String {
    let head = format!(
        "scenarios:\n- id: scale/users\n  title: All users are answered\n  clients: {{ users: {{ count: {users} }} }}\n  \
         within: 60s\n  steps:\n"
    );
    let call = "  - { call: echo, as: users, with: $text, reply: $text }\n";
    head + "  - { call: join-room, as: users, with: { room: $room } }\n" + &call.repeat(10)
}

/// Returns a file with many deliveries to one client.
fn deliveries(rounds: usize) -> String {
    format!(
        "scenarios:\n- id: scale/rounds\n  title: All messages arrive\n  clients: [sender, member]\n  steps:\n  \
         - {{ call: join-room, as: member, with: {{ room: $room }} }}\n  - repeat: {rounds}\n    steps:\n    \
         - {{ emit: send-to-room, as: sender, with: {{ room: $room, text: $text }} }}\n    \
         - {{ deliver: room-message, to: [member], with: {{ text: $text }} }}\n"
    )
}

/// Runs `sockspec` with one file, and prints the time, the CPU time (user and system, with the reference server in the
/// same process) and the largest resident memory.
fn print(what: &str, command: &str, file: &Path) {
    let before = children_cpu();
    let begun = Instant::now();
    let mut process = Command::new(env!("CARGO_BIN_EXE_sockspec"))
        .args([command, &file.to_string_lossy()])
        .stdout(Stdio::null())
        .spawn()
        .expect("sockspec starts");
    let status = format!("/proc/{}/status", process.id());
    let mut peak = 0;
    let ended = loop {
        peak = peak.max(peak_memory(&status));
        match process.try_wait().expect("the process can be waited for") {
            Some(ended) => break ended,
            // The peak memory can be read only while the process runs, so look at it often.
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let took = begun.elapsed().as_secs_f64();
    let cpu = children_cpu() - before;
    let mebibytes = peak / 1_024;
    println!("{what}: {took:.2} s, {cpu:.2} s of CPU, {mebibytes} MiB at most, {ended}");
}

/// Returns the CPU time of all ended children of this process in seconds (Linux; elsewhere 0).
fn children_cpu() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in parentheses, can contain spaces.
    let fields = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let times = fields.split_whitespace().skip(13).take(2);
    times
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / TICKS
}

/// Returns the largest resident memory of a process so far in KiB (Linux; elsewhere 0).
fn peak_memory(status: &str) -> u64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}
