"""Execution of a plan: nodes run when what they need is there and the cache does not have their result."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from ..schema.diagnostics import Diagnostic, UserError
from .action import Action
from .cas import CorruptBlob
from .events import Event, Happening, Observer
from .explain import differences
from .files import Sources
from .node import AnyNode, Environment, Files, Unproved, Work
from .plan import Plan, needs
from .process import Processes
from .store import Store
from .tree import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to execute: what to use, whom to tell, how much at once."""

    store: Store
    sources: Sources
    last: Mapping[str, str]
    """Manifests of the last build here by node, for the reasons."""
    observe: Observer
    jobs: int = 2
    keep_going: bool = False
    dry: bool = False
    """Run nothing: say what would run."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an execution gave, by node."""

    trees: dict[str, Tree] = field(default_factory=dict)
    manifests: dict[str, str] = field(default_factory=dict)
    logs: dict[str, list[str]] = field(default_factory=dict)
    failures: dict[str, tuple[Diagnostic, ...]] = field(default_factory=dict)
    unproved: dict[str, str] = field(default_factory=dict)
    """Checks that lacked what they need of this machine, and what that is."""
    unfinished: set[str] = field(default_factory=set)
    """Nodes that failed, proved nothing, were skipped, were never come to, or (in a dry run) would have run."""


def execute(plan: Plan, settings: Settings) -> Outcome:
    """Execute a plan; CorruptBlob when a cached result proved bad, after which the same call can be made again.

    What spoilt one blob may have spoilt more: then all that are known to be needed are looked at, and made again at
    once, not one after another.
    """
    with settings.store.scratch() as scratch, ThreadPoolExecutor(settings.jobs) as pool:
        run = _Execution(plan, settings, scratch, pool)
        try:
            return run.finish()
        except BaseException as error:
            run.processes.end_all()
            pool.shutdown(cancel_futures=True)
            if isinstance(error, CorruptBlob):
                settings.store.cas.sweep(run.outcome.trees.values())
            raise


@dataclass(slots=True)
class _Execution:
    """One execution's state; only `_work` and what it calls run outside the main thread."""

    plan: Plan
    settings: Settings
    scratch: Path
    pool: ThreadPoolExecutor
    processes: Processes = field(default_factory=Processes)
    outcome: Outcome = field(default_factory=Outcome)
    environments: dict[str, Action] = field(default_factory=dict)
    pythons: dict[str, Path] = field(default_factory=dict)
    waiting: list[tuple[Action, tuple[str, ...]]] = field(default_factory=list)
    running: dict[Future[Tree | Path], tuple[Action, float]] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)

    def finish(self) -> Outcome:
        while True:
            while self._advance():
                pass
            self._launch()
            if not self.running:
                self.outcome.unfinished.update(self.plan.nodes.keys() - self.settled)
                return self.outcome
            done, _ = wait(self.running, return_when=FIRST_COMPLETED)
            for future in done:
                self._collect(future)

    def _advance(self) -> bool:
        """Settle or start every node that can be; whether that may have made others ready."""
        before = len(self.settled)
        for name, node in self.plan.nodes.items():
            if name in self.settled or name in self._started():
                continue
            required = needs(node)
            if self.outcome.unfinished.intersection(required):
                self._skip(name)
            elif self.settled.issuperset(required) and not self._stopping():
                self._consider(node)
        return len(self.settled) > before

    def _started(self) -> set[str]:
        return {action.node.name for action, _ in (*self.running.values(), *self.waiting)}

    def _stopping(self) -> bool:
        return bool(self.outcome.failures) and not self.settings.keep_going

    def _skip(self, name: str) -> None:
        self._settle(name, finished=False)
        self._tell(name, "may-run" if self.settings.dry else "skipped")

    def _settle(self, name: str, *, finished: bool) -> None:
        self.settled.add(name)
        if not finished:
            self.outcome.unfinished.add(name)

    def _consider(self, node: AnyNode) -> None:
        try:
            action = self._bind(node)
            tree = self._known(action)
        except UserError as error:
            self._fail(node.name, error, 0.0)
            return
        if isinstance(node, Environment):
            self.environments[node.name] = action
            self._settle(node.name, finished=True)
        elif tree is not None:
            self._succeed(action, tree)
            self._tell(node.name, "cached")
        elif self.settings.dry:
            self._settle(node.name, finished=False)
            self._tell(node.name, "would-run", reasons=self._reasons(action))
        else:
            self._start(action)

    def _bind(self, node: AnyNode) -> Action:
        inputs: dict[str, Tree] = {}
        for label, source in node.inputs.items():
            if isinstance(source, Files):
                into = None if self.settings.dry else self.settings.store.cas
                inputs[label] = self.settings.sources.tree(source.globs, into)
            else:
                made = self.outcome.trees[source.node]
                inputs[label] = made.under(source.folder) if source.folder else made
        keys = {name: self.environments[name].digest for name in node.environments}
        action = Action(node, inputs, keys)
        self.outcome.manifests[node.name] = action.manifest
        return action

    def _known(self, action: Action) -> Tree | None:
        node = action.node
        if isinstance(node, Environment):
            return None
        if node.recall:
            return node.recall(self.settings.store.cas, action.inputs)
        return self.settings.store.actions.get(action)

    def _start(self, action: Action) -> None:
        """Start a node, or first the environments that it needs."""
        missing = [name for name in action.node.environments if not self._realised(name)]
        for name in missing:
            if name not in self._started():
                self._submit(self.environments[name], ())
        if not missing:
            self._submit(action, self._reasons(action))

    def _realised(self, name: str) -> bool:
        """Whether an environment is installed, by this build or an earlier one."""
        if name in self.pythons:
            return True
        node, inputs = self.environments[name].node, self.environments[name].inputs
        python = node.installed(self.settings.store.cas, inputs) if isinstance(node, Environment) else None
        if python is not None:
            self.pythons[name] = python
            self._tell(name, "cached")
        return python is not None

    def _submit(self, action: Action, reasons: tuple[str, ...]) -> None:
        self.waiting.append((action, reasons))

    def _launch(self) -> None:
        """Start no more than may run at a time: what still waits when another fails is never started."""
        while self.waiting and len(self.running) < self.settings.jobs and not self._stopping():
            action, reasons = self.waiting.pop(0)
            self._tell(action.node.name, "started", reasons=reasons)
            self.running[self.pool.submit(self._work, action)] = action, time.monotonic()

    def _reasons(self, action: Action) -> tuple[str, ...]:
        found = differences(self.settings.last.get(action.node.name), action.manifest)
        kept = "its result is no longer in the cache"
        return found or ("the lock does not say it" if action.node.kind == "lock" else kept,)

    def _work(self, action: Action) -> Tree | Path:
        node, store = action.node, self.settings.store
        for label, source in node.inputs.items():
            if isinstance(source, Files):
                self.settings.sources.store(action.inputs[label], store.cas)
        work = self._bench(action)
        if isinstance(node, Environment):
            return node.realise(work)
        with store.working(action.digest, self.processes.ended):
            if node.recall is None and (tree := store.actions.get(action)):
                return tree  # another build made it while this one waited
            tree = node.run(work)
            if node.recall is None:
                store.actions.put(action, tree)
        return tree

    def _bench(self, action: Action) -> Work:
        name = action.node.name
        lines = self.outcome.logs.setdefault(name, [])

        def log(line: str) -> None:
            lines.append(line)
            self._tell(name, "log", line=line)

        def note(line: str) -> None:
            self._tell(name, "note", line=line)

        folder = self.scratch / name.replace("/", "-")
        folder.mkdir()
        pythons = {env: self.pythons[env] for env in action.node.environments}
        return Work(
            cas=self.settings.store.cas,
            inputs=action.inputs,
            folder=folder,
            pythons=pythons,
            processes=self.processes,
            log=log,
            note=note,
        )

    def _collect(self, future: Future[Tree | Path]) -> None:
        action, since = self.running.pop(future)
        name, seconds = action.node.name, time.monotonic() - since
        try:
            made = future.result()
        except UserError as error:
            self._fail(name, error, seconds)
            return
        except Unproved as lack:
            self._leave(name, str(lack))
            return
        if isinstance(made, Path):
            self.pythons[name] = made
        else:
            self._succeed(action, made)
        self._tell(name, "ran", seconds=seconds)

    def _succeed(self, action: Action, tree: Tree) -> None:
        self.outcome.trees[action.node.name] = tree
        self._settle(action.node.name, finished=True)

    def _leave(self, name: str, lack: str) -> None:
        self.outcome.unproved[name] = lack
        self._settle(name, finished=False)
        self._tell(name, "unproved", line=lack)

    def _fail(self, name: str, error: UserError, seconds: float) -> None:
        self.outcome.failures[name] = error.diagnostics
        self._settle(name, finished=False)
        self._tell(name, "failed", seconds=seconds)

    def _tell(
        self, node: str, kind: Happening, *, reasons: tuple[str, ...] = (), seconds: float = 0.0, line: str = ""
    ) -> None:
        self.settings.observe(Event(node=node, kind=kind, reasons=reasons, seconds=seconds, line=line))
