// Messages are arrays `[type, ...values]`; anything else is closed with 4400. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });

sockets.on("connection", (socket) => {
  socket.send(JSON.stringify(["hello", { interval: 30000 }]));
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    let message;
    try {
      message = isBinary ? undefined : JSON.parse(data);
    } catch {
      message = undefined;
    }
    if (!Array.isArray(message)) return socket.close(4400, "not an array");
    const [type, ...values] = message;
    if (type === "add") return socket.send(JSON.stringify(["sum", values.reduce((a, b) => a + b, 0)]));
    socket.send(JSON.stringify(["unknown", type]));
  });
});
