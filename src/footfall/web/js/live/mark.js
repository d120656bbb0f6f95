// Where in a statement an error is, from what the store says about it.

/** {from, to} of the place in `text` that the message speaks of; undefined where it names none. */
export function placeOf(message, text) {
  const position = /failed at position (\d+)(?: \(([^)]*)\))?/.exec(message);
  if (position) {
    const from = afterBytes(text, Number(position[1]) - 1);
    const word = /^[\w`"']+/.exec(text.slice(from))?.[0] ?? text.slice(from, from + 1);
    return { from: word ? from : Math.max(0, from - 1), to: from + word.length };
  }
  const named = /(?:identifier|table|function|column|Unknown \w+(?: \w+)?|name)\s*:?\s*[`'"]?([\w.]+)[`'"]?/i.exec(message);
  for (const name of [named?.[1], ...(message.match(/[`'"]([\w.]+)[`'"]/g) ?? []).map((quoted) => quoted.slice(1, -1))]) {
    if (!name) continue;
    const short = name.split(".").at(-1);
    const found = new RegExp(`\\b${short}\\b`).exec(text);
    if (found) return { from: found.index, to: found.index + short.length };
  }
  return undefined;
}

/** Where so many bytes of a statement end, which is sent without the blanks around it; the store counts in UTF-8. */
function afterBytes(text, bytes) {
  const sent = text.trimStart();
  const before = new TextDecoder().decode(new TextEncoder().encode(sent).slice(0, bytes));
  return text.length - sent.length + before.length;
}
