// Speaks the subprotocol `chat.v2` only; without it, the WebSocket is closed with 4406 at once. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({
  host: "127.0.0.1",
  port: process.env.PORT,
  handleProtocols: (offered) => (offered.has("chat.v2") ? "chat.v2" : false),
});

sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  if (socket.protocol !== "chat.v2") return socket.close(4406, "Subprotocol not acceptable");
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
