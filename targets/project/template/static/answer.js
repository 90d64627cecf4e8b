// An answer of the model, drawn: what it predicts, a bar for each class, or its values as they are.
import { definitions, element } from "./element.js";

const SHOWN = 10;

/** Elements for one method's answer, such as {"prediction": "yes"}. */
export function drawn(answer) {
  if (!isWhole(answer) || Array.isArray(answer)) return [plain(answer)];
  return Object.entries(answer).flatMap(([name, value]) => {
    if (name === "probabilities") return bars(Object.entries(value));
    if (name === "prediction" && !isWhole(value)) return [element("p", { class: "prediction" }, String(value))];
    return [element("h3", {}, words(name)), plain(value)];
  });
}

/** A bar for each class, the most probable first. */
function bars(pairs) {
  const sorted = [...pairs].sort((a, b) => (b[1] ?? -1) - (a[1] ?? -1)).map(bar);
  const first = element("ul", { class: "bars", "aria-label": "Probabilities" }, ...sorted.slice(0, SHOWN));
  if (sorted.length <= SHOWN) return [first];
  const rest = element("ul", { class: "bars" }, ...sorted.slice(SHOWN));
  return [first, element("details", {}, element("summary", {}, `${sorted.length - SHOWN} more classes`), rest)];
}

function bar([name, share]) {
  const percent = share === null ? "–" : `${(share * 100).toFixed(1)} %`;
  const shown = element("span", { class: "bar", "aria-hidden": "true" });
  shown.style.setProperty("--share", `${share * 100}%`);
  return element(
    "li",
    {},
    element("span", { class: "name" }, name),
    shown,
    element("span", { class: "value" }, percent),
  );
}

function plain(value) {
  if (isWhole(value) && !Array.isArray(value) && !Object.values(value).some(isWhole)) {
    return definitions(Object.entries(value).map(([name, inner]) => [name, String(inner)]));
  }
  return isWhole(value)
    ? element("pre", { tabindex: 0 }, JSON.stringify(value, null, 1))
    : element("p", {}, String(value));
}

function isWhole(value) {
  return typeof value === "object" && value !== null;
}

function words(name) {
  return (name[0].toUpperCase() + name.slice(1)).replaceAll("_", " ");
}
