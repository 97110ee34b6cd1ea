// Has a heartbeat of its own: the client has to answer `{"type":"ping"}`, which comes every 200 ms; without an answer for
// 700 ms, the WebSocket is closed with 4008. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });

sockets.on("connection", (socket) => {
  let heard = Date.now();
  const timer = setInterval(() => {
    if (Date.now() - heard > 700) return socket.close(4008, "heartbeat timeout");
    socket.send('{"type":"ping"}');
  }, 200);
  socket.on("error", () => {});
  socket.on("close", () => clearInterval(timer));
  socket.on("message", (data) => {
    try {
      const message = JSON.parse(data);
      if (message.type === "pong") heard = Date.now();
      else socket.send(JSON.stringify({ type: "reply", to: message.type ?? null }));
    } catch {
      socket.send('{"type":"error","message":"not JSON"}');
    }
  });
});
