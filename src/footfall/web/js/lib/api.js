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

/** GET of `path` with parameters; answers the parsed JSON or throws an ApiError. */
export function get(path, params = {}, signal) {
  const given = Object.entries(params).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const query = new URLSearchParams(given).toString();
  return send(query ? `${path}?${query}` : path, { signal });
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
  const { name = "INTERNAL", message = "Something went wrong.", ...where } = body.error ?? {};
  throw new ApiError(name, message, where);
}
