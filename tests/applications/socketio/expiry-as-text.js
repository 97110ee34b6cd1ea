// Users with a JSON Web Token may join /chat. Wrong: a token whose `exp` is a text never expires, because the comparison of a
// text with a number is always false.

import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
const refusal = (message, code) => Object.assign(new Error(message), { data: { code } });

function verify(token) {
  if (token === undefined || token === "") return refusal("Authentication required", "AUTH_REQUIRED");
  const parts = typeof token === "string" ? token.split(".") : [];
  if (parts.length !== 3) return refusal("Invalid token", "AUTH_INVALID");
  const [head, body, signature] = parts;
  let claims, algorithm;
  try {
    algorithm = JSON.parse(Buffer.from(head, "base64url")).alg;
    claims = JSON.parse(Buffer.from(body, "base64url"));
  } catch {
    return refusal("Invalid token", "AUTH_INVALID");
  }
  const right = createHmac("sha256", "sockspec-secret").update(`${head}.${body}`).digest("base64url");
  if (algorithm !== "HS256" || right !== signature) return refusal("Invalid token", "AUTH_INVALID");
  const now = Date.now() / 1000;
  if (claims.exp <= now) return refusal("Token expired", "TOKEN_EXPIRED");
  if (claims.nbf > now) return refusal("Token not active", "TOKEN_NOT_ACTIVE");
  return claims;
}

io.of("/chat").use((socket, next) => {
  const { auth, query, headers } = socket.handshake;
  const cookie = /(?:^|; )jwt=([^;]+)/.exec(headers.cookie ?? "")?.[1];
  const found = verify(auth.token ?? query.token ?? headers.authorization?.slice("Bearer ".length) ?? cookie);
  if (found instanceof Error) return next(found);
  socket.data.user = found.sub;
  next();
});

for (const name of ["/", "/chat"]) {
  io.of(name).on("connection", (socket) => {
    socket.on("echo", (...args) => {
      const ack = args.at(-1);
      if (typeof ack === "function") ack(...args.slice(0, -1));
    });
    socket.on("whoami", (ack) => {
      const transport = socket.conn.transport.name;
      const user = socket.data.user ?? socket.id;
      ack({ id: socket.id, user, role: null, namespace: name, transport, rooms: [...socket.rooms] });
    });
  });
}

http.listen(process.env.PORT, "127.0.0.1");
