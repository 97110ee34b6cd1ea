// A server for pages from its own origin and from one partner, with credentials. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, {
  cors: { origin: ["https://partner.example"], credentials: true, methods: ["GET", "POST"] },
});

io.on("connection", (socket) => {
  socket.on("vote", (choice, ack) => ack?.({ counted: choice === "yes" || choice === "no" }));
});

http.listen(process.env.PORT, "127.0.0.1");
