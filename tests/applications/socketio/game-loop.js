// A game: WebSocket only, msgpack, a path of its own, recovery of sessions, and the positions of all players thirty times
// a second. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";
import parser from "socket.io-msgpack-parser";

const http = createServer();
const io = new Server(http, {
  path: "/play/",
  transports: ["websocket"],
  parser,
  connectionStateRecovery: { maxDisconnectionDuration: 30_000 },
});
const players = new Map();

io.on("connection", (socket) => {
  players.set(socket.id, { x: 0, y: 0 });
  socket.on("move", (position) => players.set(socket.id, position));
  socket.on("disconnect", () => players.delete(socket.id));
});
setInterval(() => io.volatile.emit("world", [...players]), 33);

http.listen(process.env.PORT, "127.0.0.1");
