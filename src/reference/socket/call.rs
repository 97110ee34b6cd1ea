//! One event from a client, with its arguments.

use std::sync::Arc;

use super::{Ack, Socket};
use crate::data::Data;

/// One event from a client.
#[derive(Debug)]
pub(in crate::reference) struct Call {
    pub(in crate::reference) socket: Arc<Socket>,
    pub(in crate::reference) name: String,
    pub(in crate::reference) args: Vec<Data>,
    pub(in crate::reference) ack: Option<Arc<Ack>>,
}
