// Client: requests to the API with the operator's key. Error responses become exceptions.

const KEY = "tolqyn key";
const NAME = "tolqyn author";

/** An error response, or no response (status 0). */
export class Refusal extends Error {
  constructor(status, title, detail, more = {}) {
    super(detail || title);
    this.status = status;
    this.title = title;
    this.more = more;
  }
}

export function key() {
  return sessionStorage.getItem(KEY) ?? "";
}

export function keepKey(text) {
  if (text) sessionStorage.setItem(KEY, text);
  else sessionStorage.removeItem(KEY);
}

export function author() {
  return localStorage.getItem(NAME) ?? "";
}

export function keepAuthor(text) {
  localStorage.setItem(NAME, text);
}

export function headers() {
  return key() ? { authorization: `Bearer ${key()}` } : {};
}

/** An address with a query. Empty values are omitted, lists are repeated. */
export function address(path, query = {}) {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat())
      if (one !== "" && one !== undefined && one !== null) params.append(name, one);
  }
  return params.size ? `${path}?${params}` : path;
}

async function send(method, path, query, body, signal) {
  const request = { method, headers: headers(), signal };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers["content-type"] = "application/json";
  }
  let answer;
  try {
    answer = await fetch(address(path, query), request);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, "offline", "");
  }
  const text = await answer.text();
  const is_json = (answer.headers.get("content-type") ?? "").includes("json");
  const content = is_json && text ? JSON.parse(text) : text;
  if (answer.ok) return content;
  if (answer.status === 401 || answer.status === 403) {
    dispatchEvent(new CustomEvent("key-required", { detail: answer.status }));
  }
  throw new Refusal(answer.status, content.title ?? answer.statusText, content.detail ?? "", content);
}

export const get = (path, query, signal) => send("GET", path, query, undefined, signal);
export const post = (path, body, signal) => send("POST", path, {}, body, signal);
export const put = (path, body) => send("PUT", path, {}, body);
export const remove = (path, query) => send("DELETE", path, query);

/** Path of an article; an id may hold slashes. */
export function articlePath(edition, id) {
  return `/v1/articles/${edition}/${id.split("/").map(encodeURIComponent).join("/")}`;
}
