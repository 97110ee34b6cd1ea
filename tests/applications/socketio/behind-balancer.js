// Behind a load balancer with sticky sessions: a cookie with the session id, pages of one origin, revision 3 for old
// clients, and the client's script. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer((request, response) => {
  response.setHeader("x-served-by", "node-1");
  response.end("<!doctype html><title>Shop</title>");
});
const io = new Server(http, {
  allowEIO3: true,
  cookie: { name: "sticky", httpOnly: true, sameSite: "lax", path: "/" },
  cors: { origin: ["https://shop.example", "https://admin.example"], credentials: true, maxAge: 600 },
  serveClient: true,
});

io.on("connection", (socket) => {
  socket.on("cart", (items, ack) => ack?.({ items, total: 0 }));
});

http.listen(process.env.PORT, "127.0.0.1");
