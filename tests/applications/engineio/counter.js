// A bare Engine.IO server that greets, answers every message with its length, and ends on `bye`. Right.

import { createServer } from "node:http";
import { Server } from "engine.io";

const http = createServer();
const engine = new Server();

engine.attach(http, { path: "/engine.io/" });
engine.on("connection", (socket) => {
  socket.send("send me something");
  socket.on("message", (data) => {
    if (data === "bye") socket.close();
    else socket.send(`${data.length}`);
  });
});

http.listen(process.env.PORT, "127.0.0.1");
