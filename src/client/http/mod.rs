//! HTTP/1.1 by hand: single requests for scenarios, and the kept-alive connections of long-polling.

mod coding;
mod lane;
mod message;
mod request;
mod response;

pub(super) use lane::{Lane, LaneState};
pub use message::{HttpRequest, HttpResponse};
pub use request::request;
pub(super) use response::{Body, Reuse, read_response};
