//! Behaviour of the program as a whole; one binary, so that it links once.

mod client;
mod hostile;
mod polling;
mod reference;
mod server;
mod tls;
mod transports;
