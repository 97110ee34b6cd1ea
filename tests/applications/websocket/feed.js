// Sends the state on connection and an update every 50 ms. Ignores what clients send. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });
let state = 0;

sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.send(JSON.stringify({ type: "state", state }));
});
setInterval(() => {
  state += 1;
  for (const client of sockets.clients) client.send(JSON.stringify({ type: "update", state }));
}, 50);
