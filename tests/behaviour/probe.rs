//! `sockspec probe`.

use sockspec::cli::Exit;

use crate::support::Test;

#[test]
fn a_server_tells_what_it_can_do() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Test::new().args(["serve", "--port", "0"]).start());
    let url = server.first_line.replace("listening on ", "");
    Test::new()
        .args(["probe", &url])
        .status(Exit::Conformant)
        .stdout_has("provides: [")
        .stdout_has("websocket");
    let json = Test::new()
        .args(["probe", "--json", &url])
        .status(Exit::Conformant)
        .json();
    assert_eq!(json["schema"], "sockspec-probe/1");
}

#[test]
fn nobody_and_nonsense() {
    Test::new()
        .args(["probe", "http://127.0.0.1:1"])
        .status(Exit::NotRun)
        .stdout("")
        .stderr_has("127.0.0.1:1");
    Test::new()
        .args(["probe", "localhost"])
        .status(Exit::BadUsage)
        .stderr_has("write `http://host:port`");
}
