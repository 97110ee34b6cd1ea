// A whiteboard: strokes go to everybody else as JSON or as bytes, and the picture so far is sent on connection. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { maxHttpBufferSize: 100_000, pingInterval: 10_000, pingTimeout: 5000 });
const strokes = [];

io.on("connection", (socket) => {
  socket.emit("picture", strokes.slice(-100));
  socket.on("stroke", (stroke) => {
    strokes.push(stroke);
    socket.broadcast.emit("stroke", stroke);
  });
  socket.on("clear", () => {
    strokes.length = 0;
    io.emit("cleared");
  });
});

http.listen(process.env.PORT, "127.0.0.1");
