"""A small world for engine tests: a folder of the user's, a cache, and plans whose nodes note that they ran."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deployc.compiler.events import Event
from deployc.compiler.execute import Outcome, Settings, execute
from deployc.compiler.files import Sources
from deployc.compiler.node import AnyNode, Files, Input, Made, Node, Work
from deployc.compiler.plan import Plan
from deployc.compiler.stat_cache import StatCache
from deployc.compiler.store import Store
from deployc.compiler.tree import Tree


@dataclass
class Space:
    root: Path
    ran: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    last: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return Store(self.root / "cache")

    @property
    def user(self) -> Path:
        folder = self.root / "user"
        folder.mkdir(exist_ok=True)
        return folder

    def write(self, path: str, text: str) -> None:
        target = self.user / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def node(
        self,
        name: str,
        *,
        files: Iterable[str] = (),
        needs: Iterable[str] = (),
        params: Mapping[str, str] | None = None,
        make: Callable[[Work], Mapping[str, str]] | None = None,
        environments: tuple[str, ...] = (),
    ) -> Node:
        """A stage that gives the concatenation of all its inputs as `out`, or what `make` says."""
        inputs: dict[str, Input] = {need: Made(node=need) for need in needs}
        if files:
            inputs[""] = Files(globs=tuple(files))

        def run(work: Work) -> Tree:
            self.ran.append(name)
            if make:
                return work.cas.put_texts(make(work))
            texts = [work.cas.get(e.digest).decode() for _, t in sorted(work.inputs.items()) for e in t]
            return work.cas.put_texts({"out": "".join(texts)})

        return Node(name=name, inputs=inputs, params=params or {}, environments=environments, run=run)

    def build(self, nodes: Iterable[AnyNode], *, keep_going: bool = False, dry: bool = False, jobs: int = 2) -> Outcome:
        """Execute; `ran` and `events` are of this build alone."""
        self.ran.clear()
        self.events.clear()
        sources = Sources(self.user, StatCache({}))
        settings = Settings(
            store=self.store,
            sources=sources,
            last=dict(self.last),
            observe=self.events.append,
            jobs=jobs,
            keep_going=keep_going,
            dry=dry,
        )
        outcome = execute(Plan.of(nodes), settings)
        if not dry:
            self.last |= {n: m for n, m in outcome.manifests.items() if n not in outcome.unfinished}
        return outcome

    def told(self, kind: str) -> dict[str, tuple[str, ...]]:
        """Reasons by node of the events of one kind."""
        return {e.node: e.reasons for e in self.events if e.kind == kind}

    def text(self, outcome: Outcome, node: str, path: str = "out") -> str:
        return self.store.cas.text(outcome.trees[node], path)
