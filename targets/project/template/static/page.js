// The page for people: a form made from openapi.json, and what the service answers to it.
import { drawn } from "./answer.js";
import { card } from "./card.js";
import { curl, python } from "./code.js";
import { element } from "./element.js";
import { columnsOf, Form } from "./form.js";
import { Key } from "./key.js";

const REMEMBERED = 50;
const find = (id) => document.getElementById(id);

const openapi = await (await fetch("openapi.json")).json();
const methods = ["predict", "predict_proba", "decision_function", "transform"].filter(
  (name) => openapi.paths[`/${name}`],
);
const content = openapi.paths[`/${methods[0]}`].post.requestBody.content["application/json"];
const examples = Object.values(content.examples ?? {}).filter((example) => !Array.isArray(example.value));
const form = new Form(find("fields"), columnsOf(content.schema.oneOf[0], openapi));
const asked = document.forms[0];
const method = find("method");
const key = new Key(openapi);
const durations = [];
let busy = false;

/** Asks one method; an error is the service's own, or what kept it from answering. */
async function ask(name, body) {
  const started = performance.now();
  try {
    const response = await fetch(name, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...key.headers },
      body,
    });
    const answer = await response.json();
    return { name, answer, error: response.ok ? undefined : answer.error, milliseconds: performance.now() - started };
  } catch (error) {
    return { name, error: { message: `There is no answer: ${error.message}` } };
  }
}

/** Asks every method for the row in the form. */
async function submit() {
  if (busy) return;
  forget();
  if (!form.check()) return;
  busy = true;
  asked.querySelector("[type=submit]").setAttribute("aria-disabled", "true");
  const body = form.read();
  const answers = [];
  // one after the other, so that each duration is that of a request alone
  for (const name of methods) answers.push(await ask(name, body));
  show(answers);
  busy = false;
  asked.querySelector("[type=submit]").removeAttribute("aria-disabled");
}

function show(answers) {
  const failed = answers.find(({ error }) => error);
  if (failed) {
    find("answer").replaceChildren(element("p", { class: "muted" }, "There is no answer."));
    find("latency").textContent = "";
    tell(failed.error);
    return;
  }
  find("answer").replaceChildren(...answers.flatMap(({ answer }) => drawn(answer)));
  durations.push(...answers.map(({ milliseconds }) => milliseconds));
  durations.splice(0, durations.length - REMEMBERED);
  const median = [...durations].sort((a, b) => a - b)[Math.floor(durations.length / 2)];
  const each = answers.map(({ name, milliseconds }) => `${name} ${milliseconds.toFixed(1)} ms`);
  find("latency").textContent = `${each.join(", ")}; median of ${durations.length}: ${median.toFixed(1)} ms`;
}

function tell({ field, message, request_id: id }) {
  if (field && form.tell(field, message)) return;
  find("problem").textContent = `${message}${field ? ` (at ${field})` : ""}${id ? ` – request ${id}` : ""}`;
}

function forget() {
  form.clear();
  find("problem").textContent = "";
}

function showCode() {
  const url = new URL(method.value, document.baseURI).href;
  find("curl").textContent = curl(url, form.read(), key.asked);
  find("python").textContent = python(url, form.read(), key.asked);
}

function start() {
  forget();
  form.write(examples[Number(find("examples").value)]?.value ?? {});
  showCode();
}

async function showCard() {
  try {
    const response = await fetch("info", { headers: key.headers });
    const info = await response.json();
    const told = response.ok
      ? card(info)
      : [element("p", { class: "muted" }, `This is not shown: ${info.error.message}.`)];
    find("card").replaceChildren(...told);
    if (info.report) Object.assign(find("report"), { href: info.report, hidden: false });
  } catch (error) {
    find("card").replaceChildren(element("p", { class: "muted" }, `This is not shown: ${error.message}`));
  }
}

async function copy(button) {
  const source = find(button.dataset.copies);
  try {
    await navigator.clipboard.writeText(source.textContent);
    find("copied").textContent = "Copied.";
  } catch {
    // A page that did not come over TLS may not write to the clipboard: select the text, to be copied by hand.
    getSelection().selectAllChildren(source);
    find("copied").textContent = "Selected: copy it with the keyboard.";
  }
}

document.title = openapi.info.title;
document.querySelector("h1").textContent = openapi.info.title;
method.append(...methods.map((name) => element("option", {}, name)));
find("methods").hidden = methods.length < 2;
find("key-place").replaceWith(key.shown);
find("examples").append(
  ...examples.map(({ summary }, number) => element("option", { value: number }, summary ?? `example ${number + 1}`)),
);
find("sample").hidden = examples.length < 2;

asked.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
asked.addEventListener("reset", (event) => {
  event.preventDefault();
  start();
});
asked.addEventListener("input", showCode);
find("examples").addEventListener("change", start);
method.addEventListener("change", showCode);
key.control.addEventListener("change", showCard);
for (const button of document.querySelectorAll("[data-copies]")) button.addEventListener("click", () => copy(button));
start();
showCard();
