// Everybody needs a token in the main namespace. /news lets guests in too. The contract's /chat is the main namespace. Right.

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { Server } from "socket.io";

const secret = "sockspec-secret";
const http = createServer();
const io = new Server(http);

function claims(token) {
  if (typeof token !== "string") throw new Error("type");
  const [head, body, signature] = token.split(".");
  const decode = (part) => JSON.parse(Buffer.from(part, "base64url").toString());
  if (decode(head).alg !== "HS256") throw new Error("algorithm");
  const right = createHmac("sha256", secret).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature ?? "", "base64url");
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw new Error("signature");
  const found = decode(body);
  const { exp = Infinity, nbf = 0 } = found;
  const now = Date.now() / 1000;
  if (typeof exp !== "number" || typeof nbf !== "number" || exp <= now || nbf > now) throw new Error("time");
  return found;
}

io.use((socket, next) => {
  try {
    socket.data.user = claims(socket.handshake.auth.token).sub ?? socket.id;
    next();
  } catch {
    next(new Error("Unauthorized"));
  }
});

for (const name of ["/", "/news"]) {
  io.of(name).on("connection", (socket) => {
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
  });
}

http.listen(process.env.PORT, "127.0.0.1");
