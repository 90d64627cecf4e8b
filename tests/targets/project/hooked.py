"""Asks a generated package with hooks in process: `python hooked.py PATH METHOD BODY ...` prints an answer a line."""

from __future__ import annotations

import asyncio
import importlib
import logging
import sys
from typing import Any  # the package is not there when this is checked

sys.path.insert(0, sys.argv[1])
app, predictor, problems, settings, web = (
    importlib.import_module(f"churn.{name}") for name in ("app", "predictor", "problems", "settings", "web")
)


async def asked(service: Any, request: Any) -> str:
    """What both ways of asking answer, which is the same."""
    said = []
    for ask in (service.answer, service.answer_now):
        try:
            found = await ask(request) if ask == service.answer else await asyncio.to_thread(ask, request)
            said.append(found.body.decode())
        except problems.Rejected as error:
            said.append(f"{error.status} {error.code} {error.message} {error.field}".strip())
        except Exception as error:
            said.append(f"{type(error).__name__}: {error}")
    assert said[0] == said[1], said
    return said[0]


async def main() -> None:
    service = app.Service(settings.Settings(), lambda: predictor.Predictor(predictor.Model(None)))
    service.start()
    for body in sys.argv[3:]:
        print(await asked(service, web.Request(f"/{sys.argv[2]}", "", {}.get, body.encode())))
    service.stop()


logging.disable()
asyncio.run(main())
