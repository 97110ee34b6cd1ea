// POST /login sets a session cookie; without the cookie, the main namespace is refused. Right.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Server } from "socket.io";

const sessions = new Map();
const http = createServer(async (request, response) => {
  if (request.method !== "POST" || request.url !== "/login") {
    return response.writeHead(404, { "content-type": "application/json" }).end('{"error":"not found"}');
  }
  let body = "";
  for await (const piece of request) body += piece;
  let user;
  try {
    user = JSON.parse(body).user;
  } catch {
    return response.writeHead(400).end();
  }
  const id = randomUUID();
  sessions.set(id, user);
  response.writeHead(204, { "set-cookie": `session=${id}; HttpOnly; SameSite=Lax; Path=/` }).end();
});
const io = new Server(http);

io.use((socket, next) => {
  const id = /(?:^|; )session=([^;]+)/.exec(socket.handshake.headers.cookie ?? "")?.[1];
  socket.data.user = sessions.get(id);
  next(socket.data.user ? undefined : new Error("log in first"));
});

io.on("connection", (socket) => {
  socket.emit("welcome", { user: socket.data.user });
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
});

http.listen(process.env.PORT, "127.0.0.1");
