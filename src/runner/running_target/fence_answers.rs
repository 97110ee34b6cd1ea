//! What a run knows about the answers to the manifest's fence.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

/// The namespaces in which a server has answered the manifest's fence, or has left it without an answer.
///
/// A fence that was never answered in a namespace says nothing about the server: the manifest can have a wrong name. A
/// fence that was answered before and is not any more shows that the server has stopped answering.
#[derive(Debug, Default)]
pub(in crate::runner) struct FenceAnswers {
    seen: Mutex<BTreeMap<String, Seen>>,
    /// Set if the server is known to answer the fence in every namespace.
    is_trusted: OnceLock<()>,
}

/// What the run has seen in one namespace.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Seen {
    /// The server has answered the fence.
    Answer,
    /// The server has not answered the fence, although the connection was open.
    NoAnswer,
}

impl FenceAnswers {
    /// Notes that the server answers the fence in every namespace, so that the run never takes the fence for a mistake
    /// of the manifest.
    pub(super) fn trust(&self) {
        let _ = self.is_trusted.set(());
    }

    /// Notes that the server has answered the fence.
    pub(in crate::runner) fn note_answer(&self, namespace: &str) {
        self.seen().insert(namespace.to_owned(), Seen::Answer);
    }

    /// Notes that the server has not answered the fence although the connection was open. Does nothing if the server
    /// has answered the fence in this namespace before.
    pub(in crate::runner) fn note_silence(&self, namespace: &str) {
        if self.is_proved(namespace) {
            return;
        }
        self.seen().insert(namespace.to_owned(), Seen::NoAnswer);
    }

    /// Returns true if the server has answered the fence in this namespace.
    pub(in crate::runner) fn is_proved(&self, namespace: &str) -> bool {
        self.is_trusted.get().is_some() || self.seen().get(namespace) == Some(&Seen::Answer)
    }

    /// Returns true if the fence is of no use in this namespace, because the server does not answer it there.
    pub(in crate::runner) fn is_useless(&self, namespace: &str) -> bool {
        self.seen().get(namespace) == Some(&Seen::NoAnswer)
    }

    /// Returns the namespaces in which the fence is of no use.
    pub(in crate::runner) fn useless(&self) -> Vec<String> {
        let seen = self.seen();
        let useless = seen.iter().filter(|(_, seen)| **seen == Seen::NoAnswer);
        useless.map(|(namespace, _)| namespace.clone()).collect()
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<String, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_that_was_answered_once_is_not_useless_later() {
        let answers = FenceAnswers::default();
        answers.note_silence("/chat");
        assert!(answers.is_useless("/chat") && !answers.is_proved("/chat"));
        answers.note_answer("/");
        answers.note_silence("/");
        assert!(answers.is_proved("/") && !answers.is_useless("/"));
        assert_eq!(answers.useless(), ["/chat"]);
        // A slow first answer makes the fence usable again.
        answers.note_answer("/chat");
        assert!(answers.useless().is_empty());
    }
}
