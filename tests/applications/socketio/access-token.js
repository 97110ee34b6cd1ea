// Users with a JSON Web Token may join /chat, admins may join /admin. The token is the field `accessToken` of the CONNECT
// payload; a field `token` means nothing. Right.

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
  const given = Buffer.from(signature, "base64url");
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw new Error("signature");
  const { exp = Infinity, nbf = 0, ...rest } = decode(body);
  const now = Date.now() / 1000;
  if (typeof exp !== "number" || typeof nbf !== "number" || exp <= now || nbf > now) throw new Error("time");
  if (["banned", "ghost"].includes(rest.sub)) throw new Error("user");
  return rest;
}

for (const [name, allowed] of [["/chat", () => true], ["/admin", (user) => user.role === "admin"]]) {
  io.of(name).use((socket, next) => {
    try {
      socket.data.user = claims(socket.handshake.auth.accessToken);
    } catch {
      return next(new Error("Unauthorized"));
    }
    next(allowed(socket.data.user) ? undefined : new Error("Unauthorized"));
  });
}

for (const name of ["/", "/chat", "/admin"]) {
  io.of(name).on("connection", (socket) => {
    socket.on("echo", (...args) => {
      const ack = args.at(-1);
      if (typeof ack === "function") ack(...args.slice(0, -1));
    });
    socket.on("whoami", (ack) => {
      const { sub = socket.id, role = null } = socket.data.user ?? {};
      const transport = socket.conn.transport.name;
      ack?.({ id: socket.id, user: sub, role, namespace: name, transport, rooms: [...socket.rooms] });
    });
  });
}

http.listen(process.env.PORT, "127.0.0.1");
