// Guests live in /lobby; members with a token live in the main namespace. A token without a subject is refused. Right.

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { Server } from "socket.io";

const secret = "sockspec-secret";
const http = createServer();
const io = new Server(http);

function claims(token) {
  if (typeof token !== "string" || token === "") throw new Error("No token");
  const [head, body, signature] = token.split(".");
  const decode = (part) => JSON.parse(Buffer.from(part, "base64url").toString());
  if (decode(head).alg !== "HS256") throw new Error("Bad token");
  const right = createHmac("sha256", secret).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature ?? "", "base64url");
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw new Error("Bad token");
  const found = decode(body);
  const now = Date.now() / 1000;
  const { exp = Infinity, nbf = 0 } = found;
  if (typeof exp !== "number" || typeof nbf !== "number") throw new Error("Bad token");
  if (exp <= now) throw new Error("Token expired");
  if (nbf > now) throw new Error("Token not active");
  if (typeof found.sub !== "string") throw new Error("Token without a user");
  return found;
}

io.use((socket, next) => {
  try {
    socket.data.user = claims(socket.handshake.auth.token).sub;
    next();
  } catch (error) {
    next(new Error(error instanceof SyntaxError ? "Bad token" : error.message));
  }
});

for (const name of ["/", "/lobby"]) {
  const namespace = io.of(name);
  namespace.on("connection", (socket) => {
    const user = socket.data.user ?? socket.id;
    socket.on("echo", (...args) => {
      const ack = args.at(-1);
      if (typeof ack === "function") ack(...args.slice(0, -1));
    });
    socket.on("whoami", (ack) => {
      const transport = socket.conn.transport.name;
      ack?.({ id: socket.id, user, role: null, namespace: name, transport, rooms: [...socket.rooms] });
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
      socket.to(room).emit("room-message", { room, text, from: user });
      ack?.({ success: true });
    });
    socket.on("announce", ({ text }, ack) => {
      namespace.emit("broadcast-message", { text, from: user });
      ack?.({ success: true });
    });
    socket.on("send-to-others", ({ text }, ack) => {
      socket.broadcast.emit("broadcast-message", { text, from: user });
      ack?.({ success: true });
    });
  });
}

http.listen(process.env.PORT, "127.0.0.1");
