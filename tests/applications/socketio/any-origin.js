// A server for pages from any origin, which also serves pages of its own. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer((request, response) => {
  if (request.url === "/") return response.writeHead(200, { "content-type": "text/html" }).end("<h1>Chat</h1>");
  response.writeHead(404, { "content-type": "text/plain" }).end("no such page");
});
const io = new Server(http, { cors: { origin: "*" }, cookie: { name: "io", sameSite: "lax" } });

io.on("connection", (socket) => {
  socket.on("chat message", (message) => io.emit("chat message", message));
});

http.listen(process.env.PORT, "127.0.0.1");
