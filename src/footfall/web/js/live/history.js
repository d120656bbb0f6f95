// What ran in the SQL box, the latest first: kept in this browser alone, where it may be kept at all.

const KEY = "footfall.sql";
const KEPT = 50;

/** Statements that ran. */
export function past() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((text) => typeof text === "string") : [];
  } catch {
    return [];
  }
}

/** Remembers a statement that ran. */
export function remember(text) {
  const kept = [text, ...past().filter((other) => other !== text)].slice(0, KEPT);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing has no history; nothing else needs it.
  }
}
