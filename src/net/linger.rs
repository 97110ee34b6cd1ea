//! An end of a connection that the peer can see.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::Stream;

/// How long a client may go on sending what nobody reads any more.
const LINGER: Duration = Duration::from_secs(1);

/// Ends this side and reads what the peer still sends.
///
/// A socket that is closed over unread bytes resets the connection, and the reset can overtake the response that said
/// why (RFC 9112 section 9.6).
pub async fn linger(mut stream: Stream) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let rest = async {
        let mut sink = vec![0; 4096];
        while stream.read(&mut sink).await.is_ok_and(|read| read > 0) {}
    };
    // Either way the connection ends here.
    let _ = timeout(LINGER, rest).await;
}
