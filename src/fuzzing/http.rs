//! Checks how the HTTP client reads responses.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    join,
    time::sleep,
};

use super::pieces::{choice, cuts};
use crate::{
    client::{
        Bounds, Budget, Endpoint, HttpFailure, HttpRequest, HttpResponse, TlsPolicy, request,
    },
    net::{Listener, Network},
    simulation,
};

/// The limit on the bytes of a response's body.
const LIMIT: usize = 4096;

/// The limit on the bytes of a response's head (the status line and the headers).
const MAX_HEAD: usize = 2048;

/// The time between two pieces of a response.
const PAUSE: Duration = Duration::from_millis(1);

/// The check tries only every sixteenth of the positions that [`cuts`] returns, because each cut needs a new
/// connection.
const CUT_EVERY: usize = 16;

/// Checks that the result of reading a response does not depend on where the stream is cut, and that no response
/// exceeds the limits.
pub(super) fn response(input: &[u8]) {
    let (settings, stream) = choice(input);
    let method = if settings & 1 == 0 { "GET" } else { "HEAD" };
    let whole = exchange(method, &[stream]);
    if let Ok(response) = &whole {
        assert!(
            response.body.len() <= LIMIT,
            "the body of a response exceeds the limit"
        );
        let status = response.status;
        assert!(
            (100..1000).contains(&status),
            "the status {status} does not have three digits"
        );
        let is_empty = method == "HEAD" || matches!(status, 204 | 304);
        assert!(
            !is_empty || response.body.is_empty(),
            "a response {status} to {method} has a body"
        );
    }
    for at in cuts(stream.len()).step_by(CUT_EVERY) {
        let (front, back) = stream.split_at(at);
        match (exchange(method, &[front, back]), &whole) {
            (Ok(read), Ok(whole)) if read.status == 101 => {
                // After a 101 response, the connection no longer carries HTTP. The body holds only the bytes that
                // arrived together with the head, and their number depends on the cut.
                assert_eq!(read.headers, whole.headers, "cut at {at}");
                assert!(whole.body.starts_with(&read.body), "cut at {at}");
            }
            (Ok(read), Ok(whole)) => assert_eq!(&read, whole, "cut at {at}"),
            // The text of an error quotes the received bytes, which depend on the cut, so errors are not compared.
            (Err(_), Err(_)) => {}
            (read, whole) => panic!("cut at {at}: {read:?} in place of {whole:?}"),
        }
    }
}

/// Sends a request to a server in memory that answers with `pieces` and closes.
fn exchange(method: &str, pieces: &[&[u8]]) -> Result<HttpResponse, HttpFailure> {
    let network = Network::memory();
    let simulated = simulation::run(0, async {
        let listener = network.listen_locally().await?;
        let endpoint = Endpoint {
            url: url_of(&listener)?,
            path: "/".to_owned(),
            tls: TlsPolicy::default(),
            network: network.clone(),
            budget: Budget::default(),
        };
        let sent = HttpRequest {
            method: method.to_owned(),
            target: "/".to_owned(),
            headers: Vec::new(),
            body: None,
        };
        let bounds = Bounds {
            message: LIMIT,
            head: MAX_HEAD,
            ..Bounds::default()
        };
        let client = request(&endpoint, sent, Duration::from_secs(1), bounds);
        let (read, served) = join!(client, serve(listener, pieces));
        served.map(|()| read)
    });
    simulated
        .flatten()
        .unwrap_or_else(|error| panic!("the simulated HTTP exchange did not take place: {error}"))
}

fn url_of(listener: &Listener) -> io::Result<url::Url> {
    let address = listener.local_addr()?;
    format!("http://{address}/")
        .parse()
        .map_err(io::Error::other)
}

async fn serve(mut listener: Listener, pieces: &[&[u8]]) -> io::Result<()> {
    let mut stream = listener.accept().await?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    for piece in pieces {
        // The client closes the connection when it has read enough or refuses the response. So a failed write is no
        // error here.
        if stream.write_all(piece).await.is_err() {
            break;
        }
        sleep(PAUSE).await;
    }
    Ok(())
}
