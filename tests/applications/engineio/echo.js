// A bare Engine.IO server that sends every message back. Right.

import { createServer } from "node:http";
import { Server } from "engine.io";

const http = createServer();
const engine = new Server({ pingInterval: 5000 });

engine.attach(http, { path: "/engine.io/" });
engine.on("connection", (socket) => {
  socket.on("message", (data) => socket.send(data));
});

http.listen(process.env.PORT, "127.0.0.1");
