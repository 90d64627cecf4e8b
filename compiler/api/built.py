"""What a build gives to Python code: where the outputs are, what was proved, and a way to start the service."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...schema.diagnostics import fail
from ...targets.deployment import Deployment
from ..events import Event
from ..model_spec import Column
from .errors import told
from .service import Service, Wanted, started


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A finished build. `targets` and `reports` are folders by name; `events` is all that happened, in order."""

    name: str
    file: Path
    """The deploy.yaml."""
    folder: Path
    """What holds the outputs."""
    targets: Mapping[str, Path]
    reports: Mapping[str, Path]
    remarks: tuple[str, ...]
    """What the user should know of what was built, a sentence each."""
    events: tuple[Event, ...] = field(repr=False)
    seconds: float
    columns: tuple[Column, ...] = field(repr=False)
    """What the model takes, in its order."""
    deployment: Deployment = field(repr=False)

    @property
    def ran(self) -> tuple[str, ...]:
        """Names of the nodes that ran; the results of all others were in the cache."""
        return tuple(event.node for event in self.events if event.kind == "ran")

    def report(self, name: str) -> Mapping[str, object]:
        """What one of `reports` says, such as that of the test "parity"; "optimize" is a compiled model's proof."""
        path = self.reports[name] / "report.json"
        found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return found if isinstance(found, dict) else {}

    def run(
        self, *, host: str = "127.0.0.1", port: int = 0, environ: Mapping[str, str] | None = None, wait: float = 60
    ) -> Service:
        """Start the built service in its locked environment, and wait, `wait` seconds at most, until it is ready.

        Port 0 is one that is free. `environ` goes to the service besides this process's own variables. DeploycError
        where there is no built project, or the service does not start.
        """
        with told():
            if not any(entry.kind == "project" for entry in self.deployment.config.targets.values()):
                raise fail("not-built", f"{self.name} has no target that `run()` could start", help="add `project`")
            wanted = Wanted(host=host, port=port, environ=environ or {}, wait=wait)
            return started(self.deployment, self.folder, self.columns, wanted)

    def _repr_html_(self) -> str:
        rows = [*_linked(self.targets), *_linked({f"report {name}": path for name, path in self.reports.items()})]
        notes = "".join(f"<li>{html.escape(remark)}</li>" for remark in self.remarks)
        head = f"<b>{html.escape(self.name)}</b> built in {self.seconds:.1f} s from {html.escape(str(self.file))}"
        return f"<div>{head}<table>{''.join(rows)}</table><ul>{notes}</ul></div>"


def _linked(paths: Mapping[str, Path]) -> list[str]:
    return [f"<tr><th>{html.escape(name)}</th><td>{html.escape(str(path))}</td></tr>" for name, path in paths.items()]
