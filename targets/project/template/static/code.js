// A request as code to copy: a command for a shell, and a program that needs only Python.

/** A curl command; a quote within the body leaves the shell's quotes for itself. A key comes from the environment. */
export function curl(url, body, keyed) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const headers = ["'Content-Type: application/json'", ...(keyed ? ['"X-API-Key: $API_KEY"'] : [])];
  return [`curl -s ${quoted(url)}`, ...headers.map((header) => `-H ${header}`), `-d ${quoted(body)}`].join(" \\\n  ");
}

/** A Python program; a key comes from the environment. */
export function python(url, body, keyed) {
  const headers = `{"Content-Type": "application/json"${keyed ? ', "X-API-Key": os.environ["API_KEY"]' : ""}}`;
  return [
    "import json",
    ...(keyed ? ["import os"] : []),
    "from urllib.request import Request, urlopen",
    "",
    `row = ${literal(body)}`,
    `request = Request(${JSON.stringify(url)}, json.dumps(row).encode(), ${headers})`,
    "print(json.load(urlopen(request)))",
  ].join("\n");
}

/** JSON text as Python writes it: only three words differ. */
function literal(text) {
  const words = { true: "True", false: "False", null: "None" };
  return text.replace(/"(?:[^"\\]|\\.)*"|true|false|null/g, (token) => words[token] ?? token);
}
