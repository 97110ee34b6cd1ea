// A user has one connection: when a user with a token logs in again, the older socket is told and disconnected. Right.

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { Server } from "socket.io";

const secret = "sockspec-secret";
const http = createServer();
const io = new Server(http);
const newest = new Map();

function subject(token) {
  if (typeof token !== "string") throw new Error("type");
  const [head, body, signature] = token.split(".");
  const decode = (part) => JSON.parse(Buffer.from(part, "base64url").toString());
  if (decode(head).alg !== "HS256") throw new Error("algorithm");
  const right = createHmac("sha256", secret).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature ?? "", "base64url");
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw new Error("signature");
  const { sub, exp = Infinity, nbf = 0 } = decode(body);
  const now = Date.now() / 1000;
  // A token without a user says nothing, so it is refused.
  const isInTime = typeof exp === "number" && typeof nbf === "number" && exp > now && nbf <= now;
  if (typeof sub !== "string" || !isInTime) throw new Error("claims");
  return sub;
}

io.use((socket, next) => {
  try {
    socket.data.user = subject(socket.handshake.auth.token);
    next();
  } catch {
    next(new Error("Unauthorized"));
  }
});

io.on("connection", (socket) => {
  const { user } = socket.data;
  newest.get(user)?.emit("replaced");
  newest.get(user)?.disconnect(true);
  newest.set(user, socket);
  socket.on("disconnect", () => newest.get(user) === socket && newest.delete(user));
  socket.on("echo", (...args) => {
    const ack = args.at(-1);
    if (typeof ack === "function") ack(...args.slice(0, -1));
  });
  socket.on("whoami", (ack) => ack({ user }));
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
});

http.listen(process.env.PORT, "127.0.0.1");
