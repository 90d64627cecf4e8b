// The model's card: what /info says of the model and of where it comes from.
import { definitions, element } from "./element.js";

export function card(info) {
  const { model, provenance } = info;
  const from = provenance ?? {};
  const trained = from.trained_at ?? from.utc_time_created;
  const facts = [
    ["Class", element("code", {}, model.class)],
    ["Flavor", model.flavor],
    ["Name", model.name],
    ["Version", model.version],
    ["Trained", trained && String(trained).slice(0, 19).replace("T", " ")],
    ["Run", from.run_id],
    ["Digest", model.digest && element("code", {}, model.digest)],
    ["Compiled by", model.compiled?.by],
    ["Proof", model.compiled && element("code", {}, model.compiled.proof)],
    ["Running since", info.started_at.slice(0, 19).replace("T", " ")],
  ];
  return [
    definitions(facts.filter(([, value]) => value)),
    ...folded("Metrics", from.metrics, true),
    ...folded("Parameters", from.params, false),
    ...folded("Versions", info.versions, false),
  ];
}

function folded(title, values, open) {
  const pairs = Object.entries(values ?? {}).map(([name, value]) => [
    name,
    typeof value === "object" ? JSON.stringify(value) : String(value),
  ]);
  return pairs.length ? [element("details", { open }, element("summary", {}, title), definitions(pairs))] : [];
}
