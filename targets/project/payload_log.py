"""What a project with a payload log has beyond others."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from ...compiler.codegen.bind import Code
from ...compiler.codegen.redirect import redirect
from ...compiler.codegen.source import imports
from ...compiler.model_spec import Column
from ...schema.config import Config
from ...schema.diagnostics import fail
from ...schema.suggest import suggest

MODULES = ("payloads", "recording")
"""Modules of the template that only a payload log needs."""
SERVICES = ((".service", "Service"), (".starting", "HookedService"), (".waiting", "HookedService"))
"""Where an application may have its service from."""


def constants(config: Config, columns: tuple[Column, ...]) -> dict[str, dict[str, object]]:
    """What the modules are bound to; UserError `unknown-column` for one that is to be redacted and is not there.

    `columns` are those of all models.
    """
    chosen = config.serve.payload_log
    if chosen is None:
        return {"settings": {}}
    place = f"Path({chosen.path!r})" if chosen.path else "None"
    return {
        "settings": {"PAYLOAD_SAMPLE": chosen.sample, "PAYLOAD_LOG": Code(place)},
        "payloads": {
            "REDACTED": _redacted(chosen.redact, columns, several=bool(config.models)),
            "MAX_BYTES": chosen.max_megabytes * 1_000_000,
        },
    }


def around(modules: Mapping[str, cst.Module]) -> dict[str, cst.Module]:
    """The modules with the service that logs in the place of the one that the application would serve."""
    imported = [(i.module, i.name) for i in imports(modules["app"])]
    served = next((origin for origin in imported if origin in SERVICES), SERVICES[0])
    found = {
        name: redirect(module, dict.fromkeys(SERVICES, (".recording", "RecordingService")))
        for name, module in modules.items()
        if name not in ("recording", "scoring", "starting", "waiting")
    }
    return {**modules, **found, "recording": redirect(modules["recording"], {SERVICES[0]: served})}


def _redacted(wanted: tuple[str, ...], columns: tuple[Column, ...], *, several: bool) -> tuple[str, ...]:
    known = list(dict.fromkeys(column.name for column in columns))
    for i, name in enumerate(wanted):
        if name not in known:
            lacking = "none of the models has a" if several else "the model has no"
            field = ("serve", "payload_log", "redact", i)
            text = f"{lacking} column `{name}`"
            raise fail("unknown-column", text, field=field, help=suggest(name, known))
    return tuple(sorted({*wanted, *(column.name for column in columns if column.redacted)}))
