// Elements and texts. Every text of the report comes onto the page through `make` or `draw`, as text nodes: nothing is
// ever parsed as HTML. The page's security policy holds the browser to that.

/** The characters that a browser would act on or hide; the same ones as in src/text/escape.rs, and lone surrogates. */
const ACTING =
  /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

const SHORT_ESCAPES = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0" };

/** Returns the visible form of one acting character: `\u{1b}`. */
function escapeOf(character) {
  return SHORT_ESCAPES[character] ?? `\\u{${character.codePointAt(0).toString(16)}}`;
}

/** Returns a text as one line with each acting character replaced by its visible form. */
function visible(text) {
  return String(text).replace(ACTING, escapeOf);
}

/** Adds a text to an element. Acting characters become marked escapes; line breaks stay if `keepsLines`. */
function addText(element, text, keepsLines) {
  let from = 0;
  for (const match of text.matchAll(ACTING)) {
    if (match[0] === "\n" && keepsLines) continue;
    element.append(text.slice(from, match.index));
    const escaped = document.createElement("span");
    escaped.className = "escape";
    escaped.append(escapeOf(match[0]));
    element.append(escaped);
    from = match.index + match[0].length;
  }
  element.append(text.slice(from));
}

/**
 * Returns a new HTML element. Children are elements, texts, lists of both, or nothing (`null`, `undefined`, `false`).
 * An attribute that is `null`, `undefined` or `false` is left out.
 */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  const keepsLines = tag === "pre" || tag === "del" || tag === "ins";
  for (const child of children.flat(Infinity)) {
    if (child instanceof Node) element.append(child);
    else if (child !== null && child !== undefined && child !== false) addText(element, String(child), keepsLines);
  }
  return element;
}

/** Returns a new SVG element. Its children are SVG elements or texts. */
function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setAttributes(element, attributes);
  for (const child of children.flat(Infinity)) {
    if (child instanceof Node) element.append(child);
    else if (child !== null && child !== undefined && child !== false) element.append(visible(child));
  }
  return element;
}

function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
}

/** Returns a sentence in parts, with what stands between backticks as code. */
function sentence(text) {
  return text.split(/(`[^`]+`)/).map((part, index) => (index % 2 ? make("code", {}, part.slice(1, -1)) : part));
}

/** Returns a link to a document on the web, or the text alone if the address is not one. */
function webLink(address, text) {
  if (!/^https?:\/\//i.test(address ?? "")) return make("span", {}, text);
  return make("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, text);
}

/** Returns a number of things in words: "1 scenario", "1,200 scenarios". */
function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** Returns a duration in the unit that fits its size: "0.4 ms", "23 ms", "3.4 s", "2 min 5 s". */
function duration(ms) {
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  if (ms < 1000) return `${Math.floor(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
}

/** Returns the first characters of a text on one line. */
function shortened(text, limit) {
  const line = visible(text);
  const characters = Array.from(line);
  return characters.length > limit ? `${characters.slice(0, Math.max(1, limit - 1)).join("")}…` : line;
}

/** Returns a button that copies a text. If the browser refuses that, the button selects the element with the text. */
function copyButton(text, shown, label) {
  const button = make("button", { type: "button", class: "copy", "aria-label": label }, "Copy");
  const status = make("span", { class: "copied", role: "status" });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      status.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(shown);
      status.textContent = "selected";
    }
    setTimeout(() => status.replaceChildren(), 2000);
  });
  return [button, status];
}
