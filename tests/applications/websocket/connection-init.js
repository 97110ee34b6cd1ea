// A subscription protocol: subprotocol `subscriptions.v1`, then `connection_init` within 500 ms. Closes with 4406 without
// the subprotocol, 4408 without the init, 4400 for a message of another form, 4429 for a second init. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({
  host: "127.0.0.1",
  port: process.env.PORT,
  handleProtocols: (offered) => (offered.has("subscriptions.v1") ? "subscriptions.v1" : false),
});

sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  if (socket.protocol !== "subscriptions.v1") return socket.close(4406, "Subprotocol not acceptable");
  let isReady = false;
  const timer = setTimeout(() => isReady || socket.close(4408, "Connection initialisation timeout"), 500);
  socket.on("close", () => clearTimeout(timer));
  socket.on("message", (data) => {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return socket.close(4400, "Invalid message");
    }
    if (message?.type === "connection_init") {
      if (isReady) return socket.close(4429, "Too many initialisation requests");
      isReady = true;
      return socket.send('{"type":"connection_ack"}');
    }
    if (message?.type === "ping") return socket.send('{"type":"pong"}');
    if (!isReady) return socket.close(4401, "Unauthorized");
    socket.send(JSON.stringify({ type: "next", id: message.id, payload: {} }));
  });
});
