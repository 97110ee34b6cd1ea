// Refuses the handshake of pages from unknown origins, and of clients without an origin, with 403. Right.

import { WebSocketServer } from "ws";

const origins = new Set(["https://app.example"]);
const sockets = new WebSocketServer({
  host: "127.0.0.1",
  port: process.env.PORT,
  verifyClient: ({ origin }, done) => done(origins.has(origin), 403, "Forbidden"),
});

sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
