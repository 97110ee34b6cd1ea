//! The limits on the size of a packet.

/// The size limits of one packet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The largest number of attachments of one packet.
    pub attachments: usize,
    /// The largest total size of the attachments of one packet, in bytes.
    pub attachment_bytes: usize,
}

impl Limits {
    /// No limits: for packets that are in memory already.
    pub const NONE: Self = Self {
        attachments: usize::MAX,
        attachment_bytes: usize::MAX,
    };
}
