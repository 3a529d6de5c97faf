// The panel's only way to the simulator: the JSON calls of the control plane, each of which is also a line for a shell.

export const BASE = "/_sim";

export async function get(path) {
  const answer = await fetch(BASE + path, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(`GET ${path} was answered with ${answer.status}`);
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}

export async function send(method, path, body) {
  const options = { method, headers: { accept: "application/json" } };
  if (body !== undefined) {
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(BASE + path, options);
  const text = await answer.text();
  const sent = text && answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  return { ok: answer.ok, status: answer.status, body: sent };
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export function curl(method, path, body) {
  const parts = [`curl -X ${method} ${quoted(location.origin + BASE + path)}`];
  if (body !== undefined) parts.push(`-H 'content-type: application/json'`, `-d ${quoted(JSON.stringify(body))}`);
  return parts.join(" \\\n  ");
}
