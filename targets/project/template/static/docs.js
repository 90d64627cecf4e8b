// The documentation: every route of openapi.json, its example, and a way to try it.
import { element } from "./element.js";
import { Key } from "./key.js";

const openapi = await (await fetch("openapi.json")).json();
const key = new Key(openapi);

function route(verb, path, operation, number) {
  const [type, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const area = type && element("textarea", { id: `body-${number}`, spellcheck: "false" });
  const shown = element("div", { role: "status" });
  const button = element("button", { type: "submit", "aria-label": `Send ${verb} ${path}` }, "Send");
  const form = element("form", {}, element("p", { class: "buttons" }, button));
  if (area) {
    area.value = exampleOf(content);
    area.rows = Math.min(area.value.split("\n").length, 20);
    form.prepend(element("label", { for: area.id }, "Body ", element("span", { class: "hint" }, type)), area);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(verb, path, type, area?.value, shown);
  });
  const title = element("h2", { id: `route-${number}` }, element("code", {}, `${verb} ${path}`));
  const about = element("p", {}, `${operation.summary ?? ""}.`);
  return element("section", { "aria-labelledby": title.id }, title, about, form, shown);
}

function exampleOf(content) {
  const value = content.example ?? Object.values(content.examples ?? {})[0]?.value;
  return value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

async function send(verb, path, type, body, shown) {
  shown.replaceChildren(element("pre", { tabindex: 0 }, await answered(verb, path, type, body)));
}

async function answered(verb, path, type, body) {
  try {
    const response = await fetch(path.slice(1), {
      method: verb,
      headers: { ...(type ? { "Content-Type": type } : {}), ...key.headers },
      body,
    });
    return `${response.status} ${response.statusText}\n${await response.text()}`;
  } catch (error) {
    return String(error);
  }
}

document.title = `${openapi.info.title}: routes`;
document.querySelector("h1").textContent = openapi.info.title;
const operations = Object.entries(openapi.paths).flatMap(([path, verbs]) =>
  Object.entries(verbs).map(([verb, operation]) => [verb.toUpperCase(), path, operation]),
);
document
  .getElementById("routes")
  .append(key.shown, ...operations.map(([verb, path, operation], number) => route(verb, path, operation, number)));
