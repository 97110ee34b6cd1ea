// POST /login answers with a token and sets a session cookie. Each request of a connection carries the cookie of one
// session, and CONNECT carries the token of the same session; a second login of a user ends the first session. Right.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Server } from "socket.io";

const sessions = new Map();
const byUser = new Map();
const cookieOf = (request) => /(?:^|; )session=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];

const http = createServer(async (request, response) => {
  if (request.method !== "POST" || request.url !== "/login") return response.writeHead(404).end();
  let body = "";
  for await (const piece of request) body += piece;
  let user;
  try {
    ({ user } = JSON.parse(body));
  } catch {
    return response.writeHead(400).end();
  }
  if (typeof user !== "string" || user === "") return response.writeHead(401).end();
  const [id, token] = [randomUUID(), randomUUID()];
  sessions.delete(byUser.get(user));
  byUser.set(user, id);
  sessions.set(id, { user, token });
  const headers = { "content-type": "application/json", "set-cookie": `session=${id}; HttpOnly; Path=/` };
  response.writeHead(200, headers).end(JSON.stringify({ token }));
});
const io = new Server(http, {
  allowRequest: (request, callback) => callback("log in first", sessions.has(cookieOf(request))),
});
// Engine.IO calls `allowRequest` for the handshake only, so the cookie of further requests is checked here.
io.engine.use((request, response, next) => {
  const sid = request._query?.sid;
  const engineSocket = sid && io.engine.clients[sid];
  if (engineSocket && cookieOf(engineSocket.request) !== cookieOf(request)) {
    const error = new Error("another session");
    if (typeof response.writeHead === "function" && response.end) return response.writeHead(403).end("another session");
    return next(error);
  }
  next();
});

io.use((socket, next) => {
  const session = sessions.get(cookieOf(socket.request));
  if (session?.token !== socket.handshake.auth.csrf) return next(new Error("the token belongs to another session"));
  socket.data.user = session.user;
  next();
});

io.on("connection", (socket) => {
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
  socket.on("join-room", async ({ room }, ack) => {
    await socket.join(room);
    ack?.({ success: true, room });
  });
  socket.on("leave-room", async ({ room }, ack) => {
    await socket.leave(room);
    ack?.({ success: true, room });
  });
  socket.on("send-to-room", ({ room, text }, ack) => {
    socket.to(room).emit("room-message", { room, text, from: socket.data.user });
    ack?.({ success: true });
  });
});

http.listen(process.env.PORT, "127.0.0.1");
