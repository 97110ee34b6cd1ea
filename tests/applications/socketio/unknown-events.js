// Answers every unknown event: with an acknowledgement if the client wants one, else with the event `error`. Right.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http);
const known = new Set(["sum"]);

io.on("connection", (socket) => {
  socket.onAny((event, ...args) => {
    if (known.has(event)) return;
    const ack = args.at(-1);
    const error = { code: 404, message: `unknown event ${event}` };
    if (typeof ack === "function") ack({ error });
    else socket.emit("error", error);
  });
  socket.on("sum", (numbers, ack) => {
    if (!Array.isArray(numbers) || !numbers.every(Number.isFinite)) return ack?.({ error: { code: 400 } });
    ack?.({ sum: numbers.reduce((total, number) => total + number, 0) });
  });
});

http.listen(process.env.PORT, "127.0.0.1");
