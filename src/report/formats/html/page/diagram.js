// The sequence diagram of a scenario: one lane for each client and one for the server, time downwards.

/** The widths between which a lane varies with the width of the page. */
const LANES = { least: 54, most: 92 };
const TIMES = 70;
const ROW = 30;
const HEAD = 44;

/** The width of a character of a label, in pixels. */
const CHARACTER = 6.65;

/** The sizes between which the space for labels varies with the width of the page. */
const LABELS = { least: 250, most: 640 };

/** Returns the packets of all clients in order of time. Heartbeats that follow each other become one row. */
function packetRows(evidence) {
  const packets = evidence.seen.flatMap((view, lane) => {
    const isEngineIo = speaksEngineIo(view);
    return view.lines.map((line) => ({
      lane,
      client: view.client,
      at: line.at_ms,
      isReceived: line.direction === "received",
      packet: readPacket(line.text, isEngineIo),
    }));
  });
  packets.sort((one, other) => one.at - other.at);
  const rows = [];
  for (const packet of packets) {
    const last = rows.at(-1);
    if (packet.packet.isHeartbeat && last?.heartbeats) last.heartbeats.push(packet);
    else rows.push(packet.packet.isHeartbeat ? { ...packet, heartbeats: [packet] } : packet);
  }
  return rows.map((row) => (row.heartbeats?.length > 1 ? row : { ...row, heartbeats: undefined }));
}

/** Returns the names of the lanes: the clients, and the one that waited if it has no traffic. */
function laneNames(evidence) {
  const names = evidence.seen.map((view) => view.client);
  if (evidence.missing && !names.includes(evidence.missing.client)) names.push(evidence.missing.client);
  return names;
}

/** Returns the section with the diagram, the packet that is chosen in it, and the same packets as a table. */
function diagramSection(evidence) {
  const rows = packetRows(evidence);
  const chosen = make("div", { class: "packet", "aria-live": "polite" });
  const frame = make("div", {
    class: "diagram",
    tabindex: "0",
    role: "group",
    "aria-label":
      "Sequence diagram. The arrow keys up and down choose a packet; the table below holds the same packets.",
  });
  let current = -1;
  const choose = (index) => {
    current = Math.max(0, Math.min(rows.length - 1, index));
    for (const row of frame.querySelectorAll("g.row")) {
      row.classList.toggle("chosen", Number(row.dataset.row) === current);
    }
    frame.querySelector("g.row.chosen")?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    chosen.replaceChildren(packetCard(rows[current]));
  };
  frame.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || rows.length === 0) return;
    event.preventDefault();
    choose(current < 0 && step < 0 ? rows.length - 1 : current + step);
  });
  frame.addEventListener("click", (event) => {
    const row = event.target.closest?.("g.row[data-row]");
    if (row) choose(Number(row.dataset.row));
  });
  const redraw = () => {
    const width = frame.clientWidth || 800;
    frame.replaceChildren(drawDiagram(evidence, rows, width));
    if (current >= 0) choose(current);
  };
  onNextWidth(frame, redraw);
  const left = evidence.seen.filter((view) => view.left_out > 0);
  return section(
    "What happened",
    left.length > 0 &&
      make(
        "p",
        { class: "dim" },
        `Not shown: ${left.map((view) => `${count(view.left_out, "earlier line")} of ${view.client}`).join(", ")}. `,
        make("code", {}, "sockspec show"),
        " prints all of them.",
      ),
    frame,
    chosen,
    tableOfPackets(evidence, rows),
  );
}

/** Calls `redraw` when the element is on the page, and whenever its width has changed. */
function onNextWidth(element, redraw) {
  let width = -1;
  new ResizeObserver(() => {
    if (element.clientWidth === width || element.clientWidth === 0) return;
    width = element.clientWidth;
    redraw();
  }).observe(element);
}

function drawDiagram(evidence, rows, available) {
  const names = laneNames(evidence);
  const wide = Math.floor((available - TIMES - LABELS.least) / (names.length + 0.5));
  const laneWidth = Math.max(LANES.least, Math.min(LANES.most, wide));
  const first = TIMES + laneWidth / 2;
  const last = first + (names.length - 1) * laneWidth;
  // Labels stand between the last client and the server. On a narrow screen, they cross the lanes of the clients.
  const isNarrow = available < last + LABELS.least + laneWidth / 2;
  const server = isNarrow
    ? Math.max(available - laneWidth / 2 - 4, last + 70)
    : Math.min(last + LABELS.most, available - laneWidth / 2 - 4);
  const labelAt = (isNarrow ? first : last) + 12;
  const missing = evidence.missing;
  const height = HEAD + (rows.length + (missing ? 1 : 0)) * ROW + 14;
  const width = server + laneWidth / 2 + 2;
  const place = {
    server,
    labelAt,
    room: Math.floor((server - labelAt - 12) / CHARACTER),
    lane: (index) => first + index * laneWidth,
  };
  const title = missing
    ? `${missing.client} waited in vain for ${missing.what}`
    : `${count(rows.length, "packet")} between ${names.join(", ")} and the server`;
  const svg = draw(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": visible(title) },
    [...names, "server"].map((name, index) => {
      const x = index < names.length ? place.lane(index) : server;
      return [
        draw("line", { class: "lane", x1: x, x2: x, y1: 28, y2: height }),
        draw("rect", { class: "lane-name", x: x - laneWidth / 2 + 2, y: 4, width: laneWidth - 4, height: 24, rx: 4 }),
        draw(
          "text",
          { x, y: 20, "text-anchor": "middle", class: "name" },
          shortened(name, Math.floor((laneWidth - 6) / CHARACTER)),
          draw("title", {}, name),
        ),
      ];
    }),
    rows.map((row, index) => drawRow(row, index, rows[index - 1], place, width)),
    missing && drawMissing(missing, names.indexOf(missing.client), HEAD + rows.length * ROW, place, width),
  );
  return svg;
}

function drawRow(row, index, previous, place, width) {
  const top = HEAD + index * ROW;
  const y = top + ROW - 8;
  const time = timeOf(row.at);
  const lane = place.lane(row.lane);
  const group = draw(
    "g",
    { class: `row ${row.isReceived ? "received" : "sent"} ${classOf(row)}`, "data-row": index },
    draw("rect", { class: "hit", x: 0, y: top, width, height: ROW }),
    (!previous || timeOf(previous.at) !== time) &&
      draw("text", { class: "time", x: TIMES - 10, y: y + 4, "text-anchor": "end" }, time),
  );
  if (row.heartbeats) {
    const text = `${count(row.heartbeats.length, "heartbeat packet")} until ${timeOf(row.heartbeats.at(-1).at)}`;
    group.append(
      draw("line", { class: "folded", x1: place.lane(0) - 8, x2: place.server + 8, y1: y, y2: y }),
      draw("text", { class: "label", x: place.labelAt, y: y - 6 }, `⋯ ${text}`),
    );
    return group;
  }
  const [from, to] = row.isReceived ? [place.server, lane] : [lane, place.server];
  group.append(...arrow(from, to, y), label(row.packet, place, y));
  return group;
}

function classOf(row) {
  if (row.heartbeats) return "heartbeats";
  if (row.packet.name === "END" || row.packet.name === "CLOSE frame" || row.packet.name === "DISCONNECT") return "end";
  return row.packet.event || row.packet.name === "ACK" ? "event" : "plumbing";
}

function label(packet, place, y) {
  const name = shortened(packet.name, place.room);
  return draw(
    "text",
    { class: "label", x: place.labelAt, y: y - 6 },
    draw("tspan", { class: "kind" }, name),
    ` ${shortened(packet.summary, Math.max(1, place.room - name.length - 1))}`,
    draw("title", {}, shortened(`${packet.name} ${packet.summary}`, 300)),
  );
}

function arrow(from, to, y) {
  const step = to > from ? -7 : 7;
  return [
    draw("line", { class: "arrow", x1: from, x2: to, y1: y, y2: y }),
    draw("path", { class: "head", d: `M ${to} ${y} l ${step} -4 l 0 8 z` }),
    draw("circle", { class: "head", cx: from, cy: y, r: 2 }),
  ];
}

function drawMissing(missing, lane, top, place, width) {
  const y = top + ROW - 8;
  const to = place.lane(lane);
  const cross = to + 16;
  return draw(
    "g",
    { class: "row missing" },
    draw("rect", { class: "hit", x: 0, y: top, width, height: ROW }),
    draw("text", { class: "time", x: TIMES - 10, y: y + 4, "text-anchor": "end" }, timeOf(missing.until_ms)),
    draw("line", { class: "arrow", x1: place.server, x2: to + 24, y1: y, y2: y }),
    draw("path", { class: "cross", d: `M ${cross - 6} ${y - 6} l 12 12 m 0 -12 l -12 12` }),
    draw(
      "text",
      { class: "label", x: Math.max(place.labelAt, to + 30), y: y - 6 },
      shortened(
        `did not come: ${missing.what}`,
        Math.floor((place.server - Math.max(place.labelAt, to + 30) - 12) / CHARACTER),
      ),
      draw("title", {}, shortened(`did not come: ${missing.what}`, 300)),
    ),
  );
}

function timeOf(ms) {
  return `+${duration(ms)}`;
}

/** Returns what a packet carries, with its bytes on demand. */
function packetCard(row) {
  if (row.heartbeats) {
    const names = row.heartbeats.map((one) => `${timeOf(one.at)} ${one.packet.name} ${directionOf(one)}`);
    return make(
      "div",
      {},
      make("h4", {}, count(names.length, "heartbeat packet")),
      make("pre", { class: "value" }, names.join("\n")),
    );
  }
  const { packet } = row;
  const value =
    packet.value ?? packet.facts.map(([name, text]) => (name === "Body" ? parsed(text) : undefined)).find(Boolean);
  return make(
    "div",
    {},
    make(
      "h4",
      {},
      `${packet.name}${packet.event ? ` ${packet.event}` : ""}`,
      make("span", { class: "dim" }, ` ${directionOf(row)}, ${timeOf(row.at)}`),
    ),
    packet.facts
      .filter(([name]) => name !== "Body")
      .map(([name, text]) => make("p", { class: "fact" }, `${name}: `, make("code", {}, text))),
    value !== undefined &&
      value !== null &&
      typeof value === "object" &&
      make("pre", { class: "value" }, JSON.stringify(value, null, 2)),
    rawText(packet),
  );
}

function directionOf(row) {
  return row.isReceived ? `server → ${row.client}` : `${row.client} → server`;
}

/** Returns the packet as it was on the wire, and its bytes on demand. */
function rawText(packet) {
  const note =
    packet.isCut && make("p", { class: "dim" }, "The packet is long: the report holds only its beginning and its end.");
  const dump = make("pre", { class: "value bytes", hidden: true });
  const button = make("button", { type: "button", "aria-expanded": "false" }, "Show bytes");
  button.addEventListener("click", () => {
    const isShown = dump.hidden;
    if (isShown) dump.replaceChildren(hexDump(packet.raw, 4096));
    dump.hidden = !isShown;
    button.setAttribute("aria-expanded", String(isShown));
    button.replaceChildren(isShown ? "Hide bytes" : "Show bytes");
  });
  return [make("pre", { class: "value raw" }, packet.raw), note, !packet.isCut && button, !packet.isCut && dump];
}

/** Returns the packets as a table: the text form of the diagram. */
function tableOfPackets(evidence, rows) {
  const details = make("details", { class: "as-table" }, make("summary", {}, "The same as a table"));
  details.addEventListener("toggle", () => {
    if (details.open && !details.querySelector("table")) details.append(packetTable(evidence, rows));
  });
  return details;
}

function packetTable(evidence, rows) {
  const line = (time, client, direction, kind, content) =>
    make(
      "tr",
      {},
      [time, client, direction, kind].map((text) => make("td", {}, text)),
      make("td", {}, content),
    );
  const packets = rows.flatMap((row) => row.heartbeats ?? [row]);
  return make(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": "Table of packets" },
    make(
      "table",
      {},
      make(
        "thead",
        {},
        make(
          "tr",
          {},
          ["Time", "Client", "Direction", "Packet", "Content"].map((name) => make("th", { scope: "col" }, name)),
        ),
      ),
      make(
        "tbody",
        {},
        packets.map((row) =>
          line(
            timeOf(row.at),
            row.client,
            row.isReceived ? "received" : "sent",
            row.packet.name,
            make("code", {}, row.packet.raw),
          ),
        ),
        evidence.missing &&
          line(
            timeOf(evidence.missing.until_ms),
            evidence.missing.client,
            "did not receive",
            "–",
            evidence.missing.what,
          ),
      ),
    ),
  );
}
