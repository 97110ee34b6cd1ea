//! Our own HTTP/1.1 client: single requests of scenarios, and the keep-alive connections of long-polling.

mod coding;
mod keep_alive;
mod message;
mod request;
mod response;

pub(super) use keep_alive::{KeepAlive, KeepAliveState};
pub use message::{HttpRequest, HttpResponse};
pub use request::request;
pub(super) use response::{Body, Reuse, read_response};
