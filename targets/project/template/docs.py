"""The documentation as a page that needs nothing but itself: every route, its example, and a way to try it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape

HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
section { border-top: 1px solid; padding: .5rem 0 1rem }
textarea { width: 100%; box-sizing: border-box; font: .9rem monospace }
pre { overflow: auto; white-space: pre-wrap }
</style>
<h1>{title}</h1>
<p>Version {version}. The whole description is in <a href="openapi.json">openapi.json</a>.</p>
"""
SECTION = """<section>
<h2><code>{verb} {path}</code></h2>
<p>{summary}.</p>
<form data-verb="{verb}" data-path="{path}">
{body}<button>Send</button>
</form>
<pre aria-live="polite"></pre>
</section>
"""
BODY = """<label>Body <textarea rows="{rows}" spellcheck="false">{example}</textarea></label>
"""
SCRIPT = """<script>
for (const form of document.forms) form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const shown = form.parentElement.querySelector("pre");
  const area = form.querySelector("textarea");
  const asked = { method: form.dataset.verb };
  if (area) Object.assign(asked, { headers: { "Content-Type": "application/json" }, body: area.value });
  try {
    const answer = await fetch(form.dataset.path.slice(1), asked);
    shown.textContent = answer.status + " " + answer.statusText + "\\n" + await answer.text();
  } catch (error) {
    shown.textContent = String(error);
  }
});
</script>
"""


def page(document: Mapping[str, object]) -> bytes:
    """The page for an OpenAPI document."""
    about = _mapping(document["info"])
    head = HEAD.replace("{title}", escape(str(about["title"]))).replace("{version}", escape(str(about["version"])))
    return "".join([head, *_sections(_mapping(document["paths"])), SCRIPT]).encode()


def _sections(paths: Mapping[str, object]) -> Iterator[str]:
    for path, operations in paths.items():
        for verb, operation in _mapping(operations).items():
            summary = escape(str(_mapping(operation)["summary"]))
            yield SECTION.format(verb=verb.upper(), path=escape(path), summary=summary, body=_body(_mapping(operation)))


def _body(operation: Mapping[str, object]) -> str:
    """The field for a request's body, with the first example in it; nothing where there is no body."""
    if "requestBody" not in operation:
        return ""
    content = _mapping(_mapping(operation["requestBody"])["content"])
    examples = [*_mapping(_mapping(content["application/json"])["examples"]).values()]
    text = json.dumps(_mapping(examples[0])["value"], indent=2, ensure_ascii=False) if examples else ""
    return BODY.format(rows=min(text.count("\n") + 1, 20), example=escape(text))


def _mapping(value: object) -> Mapping[str, object]:
    assert isinstance(value, dict)
    return value
