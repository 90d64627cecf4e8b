"""The user's hooks in the generated package: what of the templates stands around the model, and the types of rows."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from ...compiler.codegen.add_imports import add_imports
from ...compiler.codegen.drop import drop
from ...compiler.codegen.fields import Field, same_bases
from ...compiler.codegen.fill import Filling, fill
from ...compiler.codegen.redirect import redirect
from ...compiler.codegen.rename import rename
from ...compiler.codegen.source import Import
from ...compiler.codegen.unused import drop_unused_imports
from ...compiler.hooks.contract import Hook, Hooks, Record

MODULES = ("hooks", "starting", "waiting")
"""Modules of the template that only hooks need."""

PROTOCOLS = frozenset({"invocations", "v2"})
"""Modules of protocols that know nothing of hooks."""

MODEL_SIDE = ("__init__", "batches", "categories", "model", "narrowed", "predictor", "queued", "service", "threads")
"""Modules that know the model's own rows, which a `pre` makes of a request's."""


_SAME = {
    "pre_async": "pre",
    "pre_rows": "pre",
    "pre_rows_async": "pre",
    "post_alone": "post",
    "post_async": "post",
    "post_alone_async": "post",
    "startup_async": "startup",
}
"""What the user's hooks are called, by the names of their prototypes."""


def around(
    modules: Mapping[str, cst.Module], variants: cst.Module, hooks: Hooks, *, waits: bool
) -> Mapping[str, cst.Module]:
    """The package's modules with the hooks in them. `waits` says whether a hook may hold up others."""
    made = dict(modules)
    for name, chosen in _chosen(hooks, waits=waits).items():
        if name in made:
            made[name] = fill(made[name], Filling(source=variants, chosen=chosen))
    made["starting"] = made["starting"] if hooks.startup and not waits else drop(made["starting"], _STARTING)
    if waits:
        made["service"] = drop(made["service"], frozenset({"answer", "answer_now", "_answered", "_answered_now"}))
    if hooks.pre or hooks.post:
        made = past(made)
    made |= {name: rename(drop_unused_imports(made[name]), _SAME) for name in MODULES}
    if hooks.pre and hooks.request:
        made = apart(made)
        made["schema"] = _with_types(made["schema"], hooks.request)
    return {name: redirect(module, _origins(name, hooks, waits=waits)) for name, module in made.items()}


def past(modules: Mapping[str, cst.Module]) -> dict[str, cst.Module]:
    """The modules without other protocols, which speak of the model's own columns and answers: they would go past."""
    return {name: drop(module, PROTOCOLS) for name, module in modules.items()}


def apart(modules: Mapping[str, cst.Module]) -> dict[str, cst.Module]:
    """The modules in which the rows of requests are others than those that the model takes."""
    made = dict(modules)
    made["schema"] = same_bases(made["schema"], "Features", "Row")
    return made | {name: rename(made[name], {"Row": "Features"}) for name in MODEL_SIDE if name in made}


_STARTING = frozenset({"HookedService"})


def must_wait(hooks: Hooks, timeout: str | None) -> bool:
    """Whether hooks run in a loop of their own: one that is no coroutine and has no limit costs nothing where it is."""
    around = [hook for hook in (hooks.pre, hooks.post) if hook]
    return bool(around) and (timeout is not None or any(hook.awaited for hook in around))


def _chosen(hooks: Hooks, *, waits: bool) -> dict[str, dict[str, str]]:
    """Implementations by module and prototype."""
    place = "around" if hooks.pre and hooks.post else "before" if hooks.pre else "after"
    found: dict[str, dict[str, str]] = {"hooks": {}, "waiting": {}, "service": {}, "starting": {}}
    found["scoring"] = {"asking": "asking_served"}
    if hooks.pre:
        found["hooks"] |= {"prepared": "prepared_rows"} if hooks.pre.whole else {}
        found["hooks"] |= {} if hooks.made else {"features": "features_mapping"}
        found["waiting"] |= _awaited("preparing", "preparing_rows" if hooks.pre.whole else "preparing", hooks.pre)
    if hooks.post:
        found["hooks"] |= {} if hooks.post.row else {"concluded": "concluded_alone"}
        found["waiting"] |= _awaited("concluding", "concluding" if hooks.post.row else "concluding_alone", hooks.post)
    if not waits:
        if hooks.pre or hooks.post:
            found["service"]["Service._answered"] = f"Inline.answered_{place}"
            found["service"]["Service._answered_now"] = f"Inline.answered_now_{place}"
        found["starting"] |= _start(hooks.startup, "Inline")
        return found | {"waiting": {}}
    found["waiting"] |= {} if place == "around" else {"HookedService._answering": f"Waiting.answering_{place}"}
    found["waiting"] |= _start(hooks.startup, "Waiting") if hooks.startup else _PLAIN
    return found


_PLAIN = {"HookedService.start": "Waiting.start_plain"}


def _awaited(prototype: str, stem: str, hook: Hook) -> dict[str, str]:
    return {prototype: f"{stem}_async"} if hook.awaited else {}


def _start(startup: Hook | None, holder: str) -> dict[str, str]:
    return {"HookedService.start": f"{holder}.start_async"} if startup and startup.awaited else {}


def _origins(module: str, hooks: Hooks, *, waits: bool) -> Mapping[tuple[str, str], tuple[str, str]]:
    """Where a module imports from what it imports from the prototypes."""
    if module in MODULES:
        records = {"Request": hooks.request, "Made": hooks.made, "Response": hooks.response}
        own = {(".own", name): (hooks.module, name) for name in ("pre", "post", "startup")}
        return own | {(".own", name): (r.module, r.name) for name, r in records.items() if r}
    found = {}
    if module in ("openapi", "scoring") and hooks.response:
        found[".schema", "Prediction"] = (hooks.response.module, hooks.response.name)
    if waits or (hooks.startup and module in ("app", "part", "scoring")):
        found[".service", "Service"] = (".waiting" if waits else ".starting", "HookedService")
    return found


def request_fields(request: Record) -> tuple[Field, ...]:
    """The fields of a request's row."""
    return tuple(
        Field(name=f.name, annotation=f.annotation, default=_default(f.name, f.key, f.default)) for f in request.fields
    )


def _default(name: str, key: str, default: str) -> str:
    if name == key:
        return default
    value = default.removeprefix("field(").removesuffix(")") if default.startswith("field(") else f"default={default}"
    return f"field(name={key!r}{f', {value}' if default else ''})"


def _with_types(schema: cst.Module, request: Record) -> cst.Module:
    """The module of types with imports of all that a request's annotations use."""
    used = dict.fromkeys(use for field in request.fields for use in field.uses)
    return add_imports(
        schema,
        [Import(module=u.module, name=u.name, bound=u.bound, alias=u.bound != (u.name or u.module)) for u in used],
    )
