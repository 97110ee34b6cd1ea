//! Tests of the reference server with clients of other authors: tungstenite for WebSocket, and handwritten HTTP.

mod arrival;
mod peer;
mod polling;
mod socket_io;
mod upgrade;
mod websocket;
