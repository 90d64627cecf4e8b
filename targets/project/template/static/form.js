// A form made from the JSON Schema of a row: a field for each column, and what stands in the fields as JSON text.
import { element } from "./element.js";

const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;

/** How each kind of column is typed in: `make` its control, `read` it as JSON text, `write` a value into it. */
const KINDS = {
  // A number stays the text that was typed: a JavaScript number would round a long one.
  number: {
    make: (column, given) =>
      element("input", { type: "number", step: column.type === "integer" ? 1 : "any", ...given }),
    read: (control) => (NUMBER.test(control.value) ? control.value : String(Number(control.value))),
    write: (control, value) => {
      control.value = value ?? "";
    },
  },
  text: {
    make: (column, given) => element("input", { type: "text", ...given }),
    read: (control) => JSON.stringify(control.value),
    write: (control, value) => {
      control.value = value ?? "";
    },
  },
  check: {
    make: (column, given) => element("input", { type: "checkbox", ...given }),
    read: (control) => String(control.checked),
    write: (control, value) => {
      control.checked = value === true;
    },
  },
  choice: {
    make: (column, given) => element("select", given, ...choices(column)),
    read: (control) => control.value,
    write: (control, value) => {
      control.value = value === null || value === undefined ? "" : JSON.stringify(value);
    },
  },
  date: {
    make: (column, given) => element("input", { type: "date", ...given }),
    read: (control) => JSON.stringify(control.value),
    write: (control, value) => {
      control.value = (value ?? "").slice(0, 10);
    },
  },
  moment: {
    make: (column, given) => element("input", { type: "datetime-local", step: "any", ...given }),
    read: (control) => JSON.stringify(`${control.value.padEnd(19, ":00")}Z`),
    write: (control, value) => {
      control.value = value ? new Date(value).toISOString().slice(0, -1) : "";
    },
  },
  file: {
    make: (column, given) => {
      const control = element("input", { type: "file", ...given });
      control.addEventListener("change", () => load(control));
      return control;
    },
    read: (control) => JSON.stringify(control.dataset.base64 ?? ""),
    write: (control) => {
      control.value = "";
      delete control.dataset.base64;
    },
  },
  // The service makes the column's array of an image.
  image: {
    make: (column, given) => KINDS.file.make(column, { accept: "image/png,image/jpeg", ...given }),
    read: (control) => JSON.stringify({ b64: control.dataset.base64 ?? "" }),
    write: (control) => KINDS.file.write(control),
  },
  json: {
    make: (column, given) => element("textarea", { rows: 3, spellcheck: "false", ...given }),
    read: (control) => control.value,
    write: (control, value) => {
      control.value = value === undefined || value === null ? "" : JSON.stringify(value);
    },
  },
};

const HINTS = {
  number: "number",
  text: "text",
  check: "",
  choice: "",
  date: "date",
  moment: "date and time, UTC",
  file: "file",
  image: "PNG or JPEG",
  json: "JSON",
};

/** The columns of a row, in the model's order. */
export function columnsOf(schema, document) {
  const row = resolved(schema, document);
  const required = new Set(row.required ?? []);
  return Object.entries(row.properties ?? {}).map(([name, property]) => {
    const column = { ...resolved(property, document), name, required: required.has(name) };
    return { ...column, kind: kindOf(column, document) };
  });
}

/** A field for each column; `read` and the rest work on all of them. */
export class Form {
  constructor(place, columns) {
    this.fields = columns.map((column, number) => new Field(column, `field-${number}`));
    place.replaceChildren(...this.fields.map((field) => field.shown));
  }

  /** The row as JSON text. What is left empty is left out, so that the service says whether it may be. */
  read() {
    const pairs = this.fields
      .filter((field) => field.filled)
      .map((field) => `${JSON.stringify(field.column.name)}: ${field.read()}`);
    return pairs.length > 3 ? `{\n  ${pairs.join(",\n  ")}\n}` : `{${pairs.join(", ")}}`;
  }

  write(row) {
    for (const field of this.fields) field.write(row[field.column.name]);
  }

  clear() {
    for (const field of this.fields) field.tell("");
  }

  /** The problems that the service would not see, as the browser does not give away what it could not read. */
  check() {
    const wrong = this.fields.filter((field) => field.control.validity.badInput || !field.isJson());
    for (const field of wrong) field.tell(`This is no ${HINTS[field.column.kind]}.`);
    wrong[0]?.control.focus();
    return wrong.length === 0;
  }

  /** Shows a problem at the field that it is about, such as `age` or `tags[2]`; false where there is none. */
  tell(place, message) {
    const names = (name) => place === name || place.startsWith(`${name}[`) || place.startsWith(`${name}.`);
    const found = this.fields.filter((field) => names(field.column.name));
    const field = found.sort((a, b) => b.column.name.length - a.column.name.length)[0];
    field?.tell(message);
    field?.control.focus();
    return field !== undefined;
  }
}

class Field {
  constructor(column, id) {
    this.column = column;
    this.kind = KINDS[column.kind];
    const limits =
      column.kind === "number" ? { min: column.minimum, max: column.maximum } : { maxlength: column.maxLength };
    const given = {
      id,
      "aria-describedby": `${id}-error`,
      "aria-required": column.required && column.kind !== "check" ? "true" : undefined,
    };
    this.control = this.kind.make(column, { ...given, ...limits });
    this.error = element("p", { id: `${id}-error`, class: "error" });
    const words = [HINTS[column.kind], range(column), column.required ? "" : "optional"].filter(Boolean).join(", ");
    const label = element(
      "label",
      { for: id },
      column.name || "(no name)",
      element("span", { class: "hint" }, column.description ?? "", column.description && words ? " · " : "", words),
    );
    const pair =
      column.kind === "check" ? [element("div", { class: "check" }, this.control, label)] : [label, this.control];
    this.shown = element("div", { class: "field" }, ...pair, this.error);
  }

  /** An empty text that has to be there is a text all the same. */
  get filled() {
    const { kind, required } = this.column;
    if (kind === "check") return true;
    if (kind === "file" || kind === "image") return this.control.dataset.base64 !== undefined;
    return this.control.value !== "" || (kind === "text" && required);
  }

  read() {
    return this.kind.read(this.control);
  }

  write(value) {
    this.kind.write(this.control, value);
  }

  isJson() {
    if (this.column.kind !== "json" || !this.filled) return true;
    try {
      JSON.parse(this.control.value);
      return true;
    } catch {
      return false;
    }
  }

  tell(message) {
    this.error.textContent = message;
    if (message) this.control.setAttribute("aria-invalid", "true");
    else this.control.removeAttribute("aria-invalid");
  }
}

/** A schema without references and without the null that may stand in its place. */
export function resolved(schema, document) {
  const { $ref, ...own } = schema;
  const whole = $ref
    ? {
        ...$ref
          .slice(2)
          .split("/")
          .reduce((node, key) => node[key], document),
        ...own,
      }
    : own;
  const parts = (whole.anyOf ?? []).filter((part) => part.type !== "null");
  return parts.length === 1
    ? { ...whole, ...resolved(parts[0], document), optional: parts.length < whole.anyOf.length }
    : whole;
}

function kindOf(column, document) {
  if (column.enum) return "choice";
  if (column.anyOf?.some((part) => resolved(part, document).properties?.b64)) return "image";
  switch (column.type) {
    case "boolean":
      return column.required && !column.optional ? "check" : "choice";
    case "integer":
    case "number":
      return "number";
    case "string":
      if (column.contentEncoding === "base64") return "file";
      return { "date-time": "moment", date: "date" }[column.format] ?? "text";
    default:
      return "json";
  }
}

function choices(column) {
  const values = column.enum ?? [true, false];
  const named = values
    .filter((value) => value !== null)
    .map((value) => element("option", { value: JSON.stringify(value) }, String(value)));
  return [element("option", { value: "" }, "–"), ...named];
}

/** What a number may be, where that is more than the range of its type. */
function range(column) {
  const { minimum, maximum } = column;
  const told = (bound) => bound !== undefined && Math.abs(bound) < 2 ** 31 - 1;
  if (told(minimum) && told(maximum)) return `${minimum} to ${maximum}`;
  return told(minimum) ? `at least ${minimum}` : told(maximum) ? `at most ${maximum}` : "";
}

function load(control) {
  const [file] = control.files;
  if (!file) {
    delete control.dataset.base64;
    return;
  }
  const reader = new FileReader();
  reader.addEventListener("load", () => {
    control.dataset.base64 = reader.result.slice(reader.result.indexOf(",") + 1);
    control.dispatchEvent(new Event("input", { bubbles: true }));
  });
  reader.readAsDataURL(file);
}
