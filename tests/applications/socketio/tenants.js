// One namespace for each tenant, /tenant-NAME; the main namespace is a lobby that greets with the list of tenants. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const tenants = ["red", "green", "blue"];
const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => socket.emit("tenants", tenants));

io.of((name, auth, next) => next(null, tenants.includes(name.replace(/^\/tenant-/, "")))).on("connection", (socket) => {
  const tenant = socket.nsp.name.replace("/tenant-", "");
  socket.emit("hello", { tenant });
  socket.on("note", (text, ack) => {
    socket.broadcast.emit("noted", { tenant, text });
    ack?.(true);
  });
});

http.listen(process.env.PORT, "127.0.0.1");
