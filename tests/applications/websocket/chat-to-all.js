// A chat: every text goes to all clients, its sender included, with a number. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });
let number = 0;

sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data) => {
    number += 1;
    const said = JSON.stringify({ number, text: data.toString() });
    for (const client of sockets.clients) client.send(said);
  });
});
