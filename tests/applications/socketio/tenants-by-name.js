// Each tenant has a namespace of its own, `/tenant-<name>`; a user of the tenant gets in with the cookie of the web
// session. There is no main namespace. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
const sessions = new Map([["c0ffee", "una"], ["decade", "ugo"]]);

io.use((_, next) => next(new Error("no such namespace")));
io.of(/^\/tenant-[a-z]+$/)
  .use((socket, next) => {
    const id = /(?:^|; )sid=([^;]+)/.exec(socket.request.headers.cookie ?? "")?.[1];
    socket.data.user = sessions.get(id);
    next(socket.data.user === undefined ? new Error("unauthorized") : undefined);
  })
  .on("connection", (socket) => {
    const tenant = socket.nsp;
    socket.on("whoami", (ack) => ack({ id: socket.id, user: socket.data.user }));
    socket.on("echo", (...args) => {
      const ack = args.at(-1);
      if (typeof ack === "function") ack(...args.slice(0, -1));
      else socket.emit("echo-back", ...args);
    });
    socket.on("message", (...args) => socket.emit("message-back", ...args));
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
    socket.on("announce-to-room", ({ room, text }, ack) => {
      tenant.to(room).emit("room-message", { room, text, from: socket.data.user });
      ack?.({ success: true });
    });
    socket.on("send-to-others", ({ text }, ack) => {
      socket.broadcast.emit("broadcast-message", { text, from: socket.data.user });
      ack?.({ success: true });
    });
    socket.on("announce", ({ text }, ack) => {
      tenant.emit("broadcast-message", { text, from: socket.data.user });
      ack?.({ success: true });
    });
  });

http.listen(process.env.PORT, "127.0.0.1");
