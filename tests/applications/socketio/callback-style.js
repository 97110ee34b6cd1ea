// Acknowledges in Node's style: `callback(error, result)`, with null for no error. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
const todos = new Map();

io.on("connection", (socket) => {
  socket.on("todo:create", (todo, callback) => {
    if (typeof callback !== "function") return;
    if (typeof todo?.title !== "string") return callback({ message: "title is missing", path: ["title"] });
    const id = todos.size + 1;
    todos.set(id, todo);
    callback(null, { id, ...todo });
    socket.broadcast.emit("todo:created", { id, ...todo });
  });
  socket.on("todo:read", (id, callback) => {
    if (typeof callback !== "function") return;
    callback(todos.has(id) ? null : { message: "no such todo" }, todos.get(id));
  });
  socket.on("echo", (value, callback) => callback?.(null, value));
});

http.listen(process.env.PORT, "127.0.0.1");
