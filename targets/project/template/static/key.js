// The API key of a service that asks for one: typed in by whoever has it, and kept nowhere.
import { element } from "./element.js";

export class Key {
  constructor(openapi) {
    this.asked = openapi.components.securitySchemes !== undefined;
    this.control = element("input", { id: "key", type: "password", autocomplete: "off" });
    this.shown = element("p", { class: "field" }, element("label", { for: "key" }, "API key"), this.control);
    this.shown.hidden = !this.asked;
  }

  /** The headers that a request needs. */
  get headers() {
    return this.control.value ? { "X-API-Key": this.control.value } : {};
  }
}
