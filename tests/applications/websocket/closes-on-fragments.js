// An echo. Wrong: it closes with 1003 when a message comes in several frames, since its reader takes each frame for a message.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });

sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  const receiver = socket._receiver;
  const read = receiver.getInfo;
  receiver.getInfo = function (...args) {
    const result = read.apply(this, args);
    if (!this._fin && this._opcode < 8) socket.close(1003, "no fragments");
    return result;
  };
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
