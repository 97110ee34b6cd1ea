//! The stacks whose own behaviour ships with sockspec: frameworks and libraries on which servers are built.

/// A stack: a framework or library on which servers are built.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stack {
    /// The name in `stack:` and `--stack`, with the major version.
    pub name: &'static str,
    /// The baselines of the fixture servers on this stack. Their entries with `stack: true` are what the stack does by
    /// itself, whatever the application.
    pub baselines: &'static [&'static str],
}

/// All stacks, by name.
const ALL: [Stack; 6] = [
    Stack {
        name: "nestjs-11",
        baselines: &[include_str!(
            "../../fixtures/targets/nestjs-11.baseline.yaml"
        )],
    },
    Stack {
        name: "nestjs-12",
        baselines: &[
            include_str!("../../fixtures/targets/nestjs.baseline.yaml"),
            include_str!("../../fixtures/targets/nestjs-ws.baseline.yaml"),
        ],
    },
    Stack {
        name: "python-socketio-5",
        baselines: &[include_str!(
            "../../fixtures/targets/python-socketio.baseline.yaml"
        )],
    },
    Stack {
        name: "socket.io-4",
        baselines: &[include_str!(
            "../../fixtures/targets/socketio-node.baseline.yaml"
        )],
    },
    Stack {
        name: "socketioxide-0.x",
        baselines: &[include_str!(
            "../../fixtures/targets/socketioxide.baseline.yaml"
        )],
    },
    Stack {
        name: "ws-8",
        baselines: &[include_str!(
            "../../fixtures/targets/websocket-ws.baseline.yaml"
        )],
    },
];

impl Stack {
    /// Returns the names of all stacks.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|stack| stack.name)
    }

    /// Returns the stack with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        ALL.into_iter().find(|stack| stack.name == name)
    }
}
