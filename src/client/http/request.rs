//! Single requests, each on its own connection.

use std::time::Duration;

use super::{Body, HttpRequest, HttpResponse, read_response};
use crate::client::{
    Bounds, Endpoint, HttpFailure,
    dial::dial,
    link::{Link, Progress},
    wait::Wait,
};

/// The time that the client waits for bytes after a 101 response.
const AFTER_SWITCH: Duration = Duration::from_millis(200);

/// Sends one request on its own connection and reads the response. Does not follow redirects.
///
/// `deadline` limits the whole exchange. After a 101 response the stream is no longer HTTP: the returned body then
/// holds the bytes that arrive with the response or within 200 ms after it.
///
/// # Errors
///
/// Returns what the client waited for and what came instead.
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
    let wait = Wait::new("bytes after the 101 response", AFTER_SWITCH);
    while link.inbox.is_empty() {
        match wait.progress(link).await {
            Ok(Progress::Sent | Progress::Received) => {}
            // The response is complete, so a timeout or an end of the stream here is no error.
            Ok(Progress::Eof) | Err(_) => return,
        }
    }
}
