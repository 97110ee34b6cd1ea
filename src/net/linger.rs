//! Closes a connection so that the peer can still read the last response.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Stream;
use crate::clock;

/// The limit on reading from the peer after this side has stopped sending. The connection is then closed, even if the
/// peer still sends.
const LINGER: Duration = Duration::from_secs(1);

/// Shuts down the sending side of `stream`, then reads and discards what the peer still sends, for one second at
/// most.
///
/// If a socket is closed while received bytes are unread, the kernel resets the connection. The reset can overtake
/// the last response, so that the peer never reads that response (RFC 9112 section 9.6).
pub async fn linger(mut stream: Stream) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let rest = async {
        let mut sink = vec![0; 4096];
        while stream.read(&mut sink).await.is_ok_and(|read| read > 0) {}
    };
    // A timeout and an error need no handling: the connection is closed next in every case.
    let _ = clock::within(LINGER, rest).await;
}
