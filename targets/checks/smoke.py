"""`smoke`: the service boots from its lock without deployc, and every example in its OpenAPI document answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from ...compiler.node import AnyNode, Node, Work
from ...compiler.tree import Tree
from ...schema.config import Config
from ...schema.diagnostics import Diagnostic, fail
from ..deployment import Deployment
from .booted import Answer, Json, Service
from .places import HERE, In, Place, mistakes


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Where it is asked."""

    in_: In = HERE


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    body: Json = None


def check(config: Config, name: str, options: Options) -> Iterator[Diagnostic]:
    """What is wrong with the options."""
    return mistakes(config, name, options.in_)


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    place = Place(deployment=deployment, test=name, name=options.in_)

    def run(work: Work) -> Tree:
        project = work.folder / "project"
        work.cas.materialise(work.inputs["project"], project, shared=True)
        document: Json = json.loads((project / "openapi.json").read_text(encoding="utf-8"))
        with place.service(work, project) as service:
            documented = list(_documented(document))
            rows = [_row(service, request, name) for request in documented]
            for path in sorted({request.path for request in documented if request.method == "POST"}):
                broken = _Request("POST", path, "a body that is no JSON")
                _expect(name, broken, service.ask("POST", path, raw=b"{"), 400, 422)
        return work.cas.put_texts({"report.json": json.dumps(rows, indent=2) + "\n"})

    return [
        Node(
            name=name,
            kind="check",
            inputs=place.inputs,
            params=place.params,
            implementation=deployment.identity.tools(),
            environments=place.environments,
            run=run,
        )
    ]


def _row(service: Service, request: _Request, name: str) -> Json:
    answer = service.ask(request.method, request.path, request.body)
    _expect(name, request, answer, 200)
    return {"request": f"{request.method} {request.path}", "status": answer.status, "body": request.body}


def _expect(name: str, request: _Request, answer: Answer, *statuses: int) -> None:
    if answer.status not in statuses:
        raise fail(
            "smoke-failed",
            f"{request.method} {request.path} answered {answer.status}, not {' or '.join(map(str, statuses))}",
            field=("tests", name),
            notes=[f"sent: {json.dumps(request.body)}", f"answer: {answer.body[:2000].decode(errors='replace')}"],
        )


def _documented(document: Json) -> Iterator[_Request]:
    """Every operation without a body, and every operation with each of its examples."""
    for path, operations in sorted(_mapping(_mapping(document).get("paths")).items()):
        for method, operation in _mapping(operations).items():
            content = _mapping(_mapping(_mapping(operation).get("requestBody")).get("content"))
            media = _mapping(content.get("application/json"))
            if not content:
                yield _Request(method.upper(), path)
            elif "example" in media:
                yield _Request(method.upper(), path, media["example"])
            for example in _mapping(media.get("examples")).values():
                yield _Request(method.upper(), path, _mapping(example)["value"])


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}
