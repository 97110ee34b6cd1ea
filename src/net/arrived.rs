//! What has arrived on a stream and was not read yet.

/// What has arrived on a stream and was not read yet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Arrived {
    /// Bytes.
    Bytes,
    /// The end of the stream, or a reset.
    End,
    /// Nothing: a read would wait.
    Nothing,
}
