// A protocol of text lines: PING, TIME, SAY text, QUIT. An unknown line gets ERR. Bytes are refused with 1003. Right.

import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: process.env.PORT });

sockets.on("connection", (socket) => {
  socket.send("READY");
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    if (isBinary) return socket.close(1003, "text only");
    const [command, ...words] = data.toString().trim().split(" ");
    if (command === "PING") socket.send("PONG");
    else if (command === "TIME") socket.send(new Date().toISOString());
    else if (command === "QUIT") socket.close(1000, "bye");
    else if (command === "SAY") sockets.clients.forEach((other) => other !== socket && other.send(words.join(" ")));
    else socket.send("ERR unknown command");
  });
});
