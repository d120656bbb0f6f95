// Asking the server: one function, one kind of error.

/** What the server refused, or that it could not be reached (`name` is then UNREACHABLE). */
export class ApiError extends Error {
  constructor(name, message, where = {}) {
    super(message);
    this.name = name;
    this.where = where;
  }

  /** Whether trying again later can help. */
  get passing() {
    return ["UNREACHABLE", "STORE_UNAVAILABLE", "OVERLOADED"].includes(this.name);
  }
}

const flights = new Map();

/** GET of `path` with parameters; answers the parsed JSON or throws an ApiError. */
export function get(path, params = {}, signal) {
  return send(addressOf(path, params), { signal });
}

/** The same for cards of one page: those who ask the same while an answer is on its way share it. */
export function getShared(path, params, signal) {
  signal?.throwIfAborted();
  const url = addressOf(path, params);
  const flight = flights.get(url) ?? start(url);
  flight.waiting += 1;
  const leave = () => {
    flight.waiting -= 1;
    if (!flight.waiting) flight.giveUp();
  };
  signal?.addEventListener("abort", leave, { once: true });
  return flight.answer.finally(() => signal?.removeEventListener("abort", leave));
}

function start(url) {
  const abort = new AbortController();
  const land = () => flights.get(url) === flight && flights.delete(url);
  const giveUp = () => {
    land();
    abort.abort();
  };
  const flight = { waiting: 0, giveUp, answer: send(url, { signal: abort.signal }).finally(land) };
  flights.set(url, flight);
  return flight;
}

function addressOf(path, params) {
  const given = Object.entries(params).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const query = new URLSearchParams(given).toString();
  return query ? `${path}?${query}` : path;
}

/** POST of a JSON value. */
export function post(path, value, signal) {
  return send(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(value),
    signal,
  });
}

async function send(url, options) {
  let response;
  let body;
  try {
    response = await fetch(url, options);
    body = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("UNREACHABLE", "The server does not answer.");
  }
  if (response.ok) return body;
  throw errorIn(body);
}

/** The error that an answer, or a frame of the stream, is. */
export function errorIn({ error = {} }) {
  const { name = "INTERNAL", message = "Something went wrong.", ...where } = error;
  return new ApiError(name, message, where);
}
