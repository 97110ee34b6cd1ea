//! Single requests, each on a connection of its own.

use std::time::Duration;

use super::{Body, HttpRequest, HttpResponse, read_response};
use crate::client::{
    Bounds, Endpoint, HttpFailure,
    dial::dial,
    link::{Link, Progress},
    wait::Wait,
};

/// How long bytes are awaited after a 101.
const AFTER_SWITCH: Duration = Duration::from_millis(200);

/// Sends one request on a connection of its own and reads the response. Redirects are not followed.
///
/// `deadline` bounds the whole of it. After a 101, which ends HTTP on the connection, the body is
/// what arrived with it or within 200 ms of it.
///
/// # Errors
///
/// What was awaited and what came instead.
pub async fn request(
    endpoint: &Endpoint,
    request: HttpRequest,
    deadline: Duration,
    bounds: Bounds,
) -> Result<HttpResponse, HttpFailure> {
    let wait = Wait::new("HTTP response", deadline);
    let mut link = dial(endpoint, wait).await?;
    link.outbox
        .extend_from_slice(&request.encode(&endpoint.authority()));
    let body = if request.method == "HEAD" {
        Body::None
    } else {
        Body::Expected
    };
    let (mut response, _) = read_response(&mut link, wait, bounds, body).await?;
    if response.status == 101 {
        await_first_bytes(&mut link).await;
        response.body = link.inbox.split().freeze();
        response.body.truncate(bounds.message);
    }
    Ok(response)
}

async fn await_first_bytes(link: &mut Link) {
    let wait = Wait::new("bytes after the 101", AFTER_SWITCH);
    while link.inbox.is_empty() {
        match wait.progress(link).await {
            Ok(Progress::Sent | Progress::Received) => {}
            // Silence, or an end: the response is whole either way.
            Ok(Progress::Eof) | Err(_) => return,
        }
    }
}
