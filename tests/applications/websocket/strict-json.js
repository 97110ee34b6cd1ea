// Takes JSON objects only. Any other message is closed with 1007 for text and 1003 for bytes. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });

sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    if (isBinary) return socket.close(1003, "text only");
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return socket.close(1007, "not JSON");
    }
    socket.send(JSON.stringify({ received: message }));
  });
});
