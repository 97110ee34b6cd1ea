//! The reference server, judged by clients of other authors: tungstenite over WebSocket, and HTTP
//! written by hand.

mod peer;
mod polling;
mod socket_io;
mod upgrade;
mod websocket;
