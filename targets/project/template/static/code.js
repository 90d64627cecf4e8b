// A request as code to copy: a command for a shell, and a program that needs only Python.

/** A curl command; a quote within the body leaves the shell's quotes for itself. */
export function curl(url, body) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  return `curl -s ${quoted(url)} \\\n  -H 'Content-Type: application/json' \\\n  -d ${quoted(body)}`;
}

/** A Python program. */
export function python(url, body) {
  return [
    "import json",
    "from urllib.request import Request, urlopen",
    "",
    `row = ${literal(body)}`,
    `request = Request(${JSON.stringify(url)}, json.dumps(row).encode(), {"Content-Type": "application/json"})`,
    "print(json.load(urlopen(request)))",
  ].join("\n");
}

/** JSON text as Python writes it: only three words differ. */
function literal(text) {
  const words = { true: "True", false: "False", null: "None" };
  return text.replace(/"(?:[^"\\]|\\.)*"|true|false|null/g, (token) => words[token] ?? token);
}
