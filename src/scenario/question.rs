//! The 45 questions about gateways with which the project began. Requirements name them by number (`brief:`).

/// The subjects of the questions, in order: the first one is question 1.
const SUBJECTS: [&str; 45] = [
    "The WebSocket protocol",
    "WebSocket compared with HTTP",
    "When an application needs WebSocket",
    "What Socket.IO adds to WebSocket",
    "Socket.IO compared with plain WebSocket",
    "Setting up WebSocket in NestJS",
    "What a gateway is",
    "The options of a gateway",
    "Namespace, path and CORS of a gateway",
    "Writing a gateway",
    "The lifecycle hooks of a gateway",
    "The hook for a new connection",
    "The hook for a disconnect",
    "Handlers for events",
    "Sending from the server",
    "Emit, broadcast and rooms",
    "Sending to one client",
    "Sending to everybody but the sender",
    "Rooms",
    "Joining a room",
    "Leaving a room",
    "Sending to a room",
    "Namespaces",
    "Namespaces compared with rooms",
    "Authentication",
    "Credentials in the handshake",
    "Guards",
    "Refusing a connection",
    "The format of messages",
    "Acknowledgements",
    "JSON payloads",
    "Handling errors",
    "Exceptions of a gateway",
    "Exception filters",
    "A chat",
    "Notifications",
    "Presence of users",
    "Typing notices",
    "Scaling to several servers",
    "The Redis adapter",
    "Messages across servers",
    "Testing a gateway",
    "Testing a gateway end to end",
    "Alternatives: server-sent events and polling",
    "Reconnecting",
];

/// Returns the subject of a question, or `None` if the number is not one of the 45 questions. A catalogue of a user can
/// have questions of its own.
pub fn question_subject(number: u32) -> Option<&'static str> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    SUBJECTS.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_count_from_one_to_forty_five() {
        assert_eq!(question_subject(0), None);
        assert_eq!(question_subject(1), Some("The WebSocket protocol"));
        assert_eq!(question_subject(45), Some("Reconnecting"));
        assert_eq!(question_subject(46), None);
    }
}
