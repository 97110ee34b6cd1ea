// The first message has to be a login, within 100 ms; otherwise the WebSocket is closed with 4401. Then every message is
// sent back. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });

function isLogin(data) {
  try {
    return JSON.parse(data).login === "open-sesame";
  } catch {
    return false;
  }
}

sockets.on("connection", (socket) => {
  const timer = setTimeout(() => socket.close(4401, "login timeout"), 100);
  socket.on("error", () => {});
  socket.on("close", () => clearTimeout(timer));
  socket.once("message", (first) => {
    if (!isLogin(first)) return socket.close(4401, "login required");
    clearTimeout(timer);
    socket.send('{"welcome":true}');
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
});
