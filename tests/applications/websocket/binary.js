// A protocol of binary messages: the first byte is the type. Text is refused with 1003, an unknown type with 4000. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });

sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    if (!isBinary) return socket.close(1003, "binary only");
    const type = data[0];
    if (type === 1) socket.send(Buffer.concat([Buffer.from([2]), data.subarray(1)]));
    else if (type === 3) socket.send(Buffer.from([4, data.length]));
    else socket.close(4000, "unknown type");
  });
});
