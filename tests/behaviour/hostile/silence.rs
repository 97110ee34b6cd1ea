//! Tests with servers that send forbidden data late, and with steps that wait long enough to notice it.

use std::{sync::Arc, time::Duration};

use sockspec::cli::Exit;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Mutex,
    task::JoinSet,
    time::sleep,
};

use super::{Hostile, OPEN, opening::switch, text_frames};

/// The delay before the servers send the forbidden data, much longer than a settle time.
const LATE: Duration = Duration::from_millis(600);

const CONNECTED: &str = r#"40{"sid":"ijklmnop"}"#;

/// What a server does on each connection.
#[derive(Clone)]
struct Plan {
    /// The packets with which the server answers the client's first messages, one list for each message.
    answers: Vec<Vec<String>>,
    /// The bytes that the server sends late, counted from its last answer.
    late: Vec<u8>,
}

impl Plan {
    async fn server(self) -> Hostile {
        Hostile::new(move |stream| self.clone().serve(stream)).await
    }

    async fn serve(self, mut stream: TcpStream) {
        switch(&mut stream).await;
        // The limit has to allow the messages of the steps.
        let open = OPEN.replace("\"maxPayload\":9", "\"maxPayload\":999");
        let _ = stream.write_all(&text_frames(&[&open])).await;
        let (mut reader, writer) = stream.into_split();
        let writer = Arc::new(Mutex::new(writer));
        let mut answers = self.answers.into_iter();
        let late = async |writer: Arc<Mutex<OwnedWriteHalf>>, bytes: Vec<u8>| {
            // The delay is the point of the test: only steps that wait long enough see the bytes.
            sleep(LATE).await;
            let _ = writer.lock().await.write_all(&bytes).await;
        };
        let mut pending = Some(self.late);
        let mut tasks = JoinSet::new();
        if answers.len() == 0
            && let Some(bytes) = pending.take()
        {
            tasks.spawn(late(Arc::clone(&writer), bytes));
        }
        while let Some((opcode, payload)) = read_frame(&mut reader).await {
            let bytes = match opcode {
                0x81 => {
                    let answer = answers.next().unwrap_or_default();
                    let packets: Vec<&str> = answer.iter().map(String::as_str).collect();
                    text_frames(&packets)
                }
                0x89 => [vec![0x8a, u8::try_from(payload.len()).unwrap()], payload].concat(),
                _ => break,
            };
            let _ = writer.lock().await.write_all(&bytes).await;
            if answers.len() == 0
                && let Some(bytes) = pending.take()
            {
                tasks.spawn(late(Arc::clone(&writer), bytes));
            }
        }
    }
}

/// Reads one short masked frame: its first byte and its payload.
async fn read_frame(reader: &mut OwnedReadHalf) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 2];
    reader.read_exact(&mut head).await.ok()?;
    let mut mask = [0; 4];
    reader.read_exact(&mut mask).await.ok()?;
    let mut payload = vec![0; usize::from(head[1] & 0x7f)];
    reader.read_exact(&mut payload).await.ok()?;
    let masks = mask.iter().cycle();
    let payload = payload.iter().zip(masks).map(|(byte, mask)| byte ^ mask);
    Some((head[0], payload.collect()))
}

/// Runs one scenario with these clients and steps, and returns the output.
async fn judged(server: &Hostile, clients: &str, steps: &str, expected: Exit) -> String {
    let manifest = "provides: [websocket, events, socket-io]\ntiming: { settle: 20ms }\n";
    let scenario = format!(
        "topic: Late
scenarios:
- id: late/judged
  title: Something must not come
  why: A test.
  level: must
  clients: {clients}
  steps:
{steps}"
    );
    server
        .run_scenarios(manifest, scenario, expected)
        .await
        .out()
}

/// Checks that the last step passes without `within`, and fails with `within: 1s` and the message `sentence`.
async fn only_within_fails(server: &Hostile, clients: &str, steps: &str, sentence: &str) {
    judged(server, clients, steps, Exit::Conformant).await;
    let watched = format!("{steps}    within: 1s\n");
    let out = judged(server, clients, &watched, Exit::NotConformant).await;
    assert!(out.contains(sentence), "{out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_by_hand_is_watched_as_long_as_the_step_says() {
    let late = text_frames(&[r#"42["late"]"#]);
    let server = Plan {
        answers: Vec::new(),
        late,
    }
    .server()
    .await;
    let open = "  - open: websocket\n    as: visitor\n";
    for step in ["receive: nothing", "never: { frame: { opcode: text } }"] {
        let steps = format!("{open}  - {step}\n    as: visitor\n");
        only_within_fails(&server, "[visitor]", &steps, "visitor received ").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ping_breaks_silence_only_where_the_scenario_handles_the_heartbeat() {
    let server = Plan {
        answers: Vec::new(),
        late: text_frames(&["2"]),
    }
    .server()
    .await;
    let steps = |heartbeat: &str| {
        format!(
            "  - open: websocket\n    as: visitor\n{heartbeat}  - receive: nothing\n    as: visitor\n    within: 1s\n"
        )
    };
    judged(&server, "[visitor]", &steps(""), Exit::Conformant).await;
    let by_hand = steps("    heartbeat: false\n");
    judged(&server, "[visitor]", &by_hand, Exit::NotConformant).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_watched_as_long_as_the_step_says() {
    let server = Plan {
        answers: Vec::new(),
        late: vec![0x88, 0],
    }
    .server()
    .await;
    let steps =
        "  - open: websocket\n    as: visitor\n  - closed: { stays-open: true }\n    as: visitor\n";
    let sentence =
        "visitor's connection ended; it has to stay open for 1 s (the connection ended with ";
    only_within_fails(&server, "[visitor]", steps, sentence).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_delivery_and_a_late_answer_are_noticed_within_the_time() {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let done = r#"42["done",1]"#;
    let server = Plan {
        answers: vec![texts(&[CONNECTED]), texts(&[done])],
        late: text_frames(&[done, "430[]"]),
    }
    .server()
    .await;
    let deliver = "  - emit: order\n    as: user\n    with: 1\n  - deliver: done\n    to: [user]\n    with: 1\n";
    let twice = "user received `done` twice; expected exactly once.";
    only_within_fails(&server, "[user]", deliver, twice).await;
    let call = "  - call: order\n    as: user\n    with: 1\n    no-reply: true\n";
    let answered = "user received an acknowledgement of its request `order`";
    only_within_fails(&server, "[user]", call, answered).await;
}
