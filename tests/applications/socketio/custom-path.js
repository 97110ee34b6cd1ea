// Socket.IO at the path /realtime/, beside a small HTTP interface. The path /socket.io/ gives 404. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer((request, response) => {
  const isKnown = request.url === "/" || request.url === "/api/status";
  response.writeHead(isKnown ? 200 : 404, { "content-type": "application/json" });
  response.end(JSON.stringify(isKnown ? { up: true } : { error: "not found" }));
});
const io = new Server(http, { path: "/realtime/", serveClient: false });

io.on("connection", (socket) => {
  socket.on("subscribe", (topic, ack) => {
    socket.join(`topic:${topic}`);
    ack?.({ subscribed: topic });
  });
  socket.on("publish", (topic, value) => io.to(`topic:${topic}`).emit("published", topic, value));
});

http.listen(process.env.PORT, "127.0.0.1");
