"""One deployment, as targets and checks see it: its config, its environments, and where the shared nodes are."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..compiler import environment
from ..compiler.cas import Cas
from ..compiler.command import sources
from ..compiler.digest import Digest, of_path
from ..compiler.formats.allowed import Allowed, default_allowed
from ..compiler.hooks.contract import Hooks
from ..compiler.hooks.modules import on_disk
from ..compiler.hooks.read import files, read
from ..compiler.identity import Identity
from ..compiler.interpreter import Interpreter
from ..compiler.lock.resolve import resolve
from ..compiler.lock.uv import Uv
from ..compiler.lock.wanted import Wanted, Wish, stale, staleness
from ..compiler.model_spec import ModelSpec
from ..compiler.node import AnyNode, Environment, Files, Input, Made, Node, Work
from ..compiler.store import Store
from ..compiler.tree import Tree
from ..schema.codec import decode
from ..schema.config import Config
from ..schema.config import Hooks as HookOptions
from ..schema.constraints import HERE
from ..schema.diagnostics import Field, fail
from ..schema.lockfile import Lockfile, Section
from ..schema.source import Source

PROJECT = Made(node="assemble")
"""The whole generated project."""

LOCKED, INPUTS, WITHOUT = "locked", "inputs", "without"
"""Folders of a lock node's tree: what it locked, what it was asked for, and why it left out what it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Values that every node is made from. Nothing here is changed by a build."""

    config: Config
    root: Path
    """The folder of deploy.yaml."""
    file_name: str = "deploy.yaml"
    """Its name there."""
    store: Store
    identity: Identity
    interpreter: Interpreter
    lockfile: Lockfile
    locked: bool
    """Fail where deploy.lock is stale, instead of resolving."""
    offline: bool
    upgrade: frozenset[str]
    """Distributions that the next resolution may move; "*" for all."""
    moves_models: frozenset[str]
    """Of several models those of which to ask anew what their `uri` names; "" is the only one."""
    moves_bases: bool = False
    """Ask anew what the bases of images name."""
    environ: Mapping[str, str]
    allowed: tuple[str, ...]
    """What model files may name beyond the built-in allow-list."""

    @property
    def package(self) -> str:
        return self.config.name.replace("-", "_")

    @property
    def python(self) -> str:
        """The Python to train and serve with, as major.minor."""
        return self.config.python or ".".join(self.interpreter.version.split(".")[:2])

    @property
    def python_text(self) -> str:
        """Implementation, full version and platform of the interpreter."""
        found = self.interpreter
        return f"{found.implementation} {found.version} {found.platform}"

    @property
    def optimizes(self) -> bool:
        """Whether another form of the model may be served than the one that was trained."""
        return self.config.serve.optimize.use != "off"

    @property
    def model_environment(self) -> str:
        """The environment node that has the model's own libraries."""
        return "env-model" if self.optimizes else "env-serve"

    @property
    def served_model(self) -> Input:
        """The files that are shipped as the model."""
        return Made(node="optimize" if self.optimizes else "model", folder="model")

    @property
    def served_spec(self) -> Input:
        """What they are, as `inspect` says it of the trained model."""
        return Made(node="optimize", folder="spec") if self.optimizes else Made(node="inspect")

    @property
    def place(self) -> Digest:
        """A name for the user's folder, for locking."""
        return of_path(self.root)

    def code(self, work: Work) -> dict[str, str]:
        """Sources of the user's own modules by import name."""
        tree = self.modules_tree(work)
        return {module_name(e.path): work.cas.text(tree, e.path) for e in tree if e.path.endswith(".py")}

    def file(self, path: str) -> Input:
        """A file or folder that deploy.yaml names: the user's own, or one that a stage of his makes."""
        made = {name: stage.outputs for name, stage in self.config.stages.items()}
        return next(iter(sources((path,), made).values()))

    @property
    def maker(self) -> str:
        """The command that makes the model: training, or a stage; empty where the model is there already."""
        model = self.config.model
        if model.train or not model.path:
            return "train" if model.train else ""
        source = self.file(model.path)
        return source.node if isinstance(source, Made) else ""

    def rows(self, work: Work, label: str, path: str) -> bytes:
        """The bytes of the one file `path` of the input `label`; UserError `missing-file` when it is not there."""
        tree, name = work.inputs[label], posixpath.normpath(path)
        if name not in tree:
            raise fail("missing-file", f"no file {path}", help=f"there are: {', '.join(e.path for e in tree)}")
        return work.cas.get(tree[name].digest)

    @property
    def published(self) -> bool:
        """Whether a row of the sample may be shown."""
        return bool(self.config.model.sample and self.config.model.sample.publish)

    @property
    def template(self) -> dict[str, Input]:
        """The user's own template of the service, as an input labelled "template"; nothing where he has none."""
        return {"template": Made(node="template")} if own_template(self.config) else {}

    def template_modules(self, cas: Cas, trees: Mapping[str, Tree]) -> dict[str, str]:
        """The modules of that template by name, for a node with that input."""
        tree = trees.get("template", Tree())
        return {PurePosixPath(entry.path).stem: cas.text(tree, entry.path) for entry in tree}

    @property
    def modules(self) -> dict[str, Input]:
        """The user's modules that models' classes live in, as an input labelled "modules"."""
        return {"modules": Files(globs=self._code)} if self._code else {}

    @property
    def layout(self) -> dict[str, str]:
        """The parameter of nodes that place the modules: what `lib/` and `lib/a.py` name comes to lie elsewhere."""
        return {"code": " ".join(map(repr, self._code))} if self._code else {}

    @property
    def _code(self) -> tuple[str, ...]:
        """What deploy.yaml names of such modules, each once."""
        models = (self.config.model, *(member.model for member in self.config.models.values()))
        return tuple(dict.fromkeys(path for model in models for path in model.code))

    @property
    def hook_files(self) -> dict[str, Input]:
        """The user's modules of hooks, and what they import of his own files, as an input labelled "hooks"."""
        named = hook_modules(self.config).items()
        globs = dict.fromkeys(path for field, module in named for path in files(module, on_disk(self.root), field))
        return {"hooks": Files(globs=tuple(globs))} if globs else {}

    def hooks(self, work: Work) -> Hooks:
        """What the user's hooks are, for a node with an input labelled "hooks" that is their files."""
        tree = work.inputs["hooks"]

        def find(path: str) -> Source | None:
            return Source.of(path, work.cas.text(tree, path)) if path in tree else None

        ((field, module),) = hook_modules(self.config).items()
        return read(module, find, field)

    def spec(self, work: Work) -> ModelSpec:
        """The model's spec, for a node with an input labelled "spec" that is made by `inspect`."""
        return decode(ModelSpec, json.loads(work.cas.text(work.inputs["spec"], "spec.json")))

    def methods(self, spec: ModelSpec) -> tuple[str, ...]:
        """The methods that are served; UserError `unknown-method` names one that the model lacks."""
        for number, method in enumerate(self.config.serve.methods):
            if method not in spec.methods:
                raise fail(
                    "unknown-method",
                    f"{spec.class_name} has no method {method}",
                    field=("serve", "methods", number),
                    help=f"it has: {', '.join(spec.methods)}",
                )
        return self.config.serve.methods or spec.methods

    def place_modules(self, work: Work, folder: Path) -> list[Path]:
        """Write the user's modules below `folder`; the folders to put on sys.path."""
        work.cas.materialise(self.modules_tree(work), folder)
        return [folder]

    def modules_tree(self, work: Work) -> Tree:
        """The user's modules as they lie below src/: hooks as he has them, others without the folders around them."""
        found = work.inputs.get("hooks", Tree())
        tree = work.inputs.get("modules", Tree())
        for path in self._code:
            pure = PurePosixPath(path)
            if path in tree:
                found |= Tree((tree[path],)).renamed(pure.name)
            else:
                found |= tree.under(path.rstrip("/")).at(pure.name)
        return found

    def environment(self, name: str, wishes: tuple[Wish, ...]) -> list[AnyNode]:
        """The lock node and the environment node `env-NAME` of requirements that are known from the config."""
        wanted = self.wanted(wishes)
        params = dict.fromkeys(wanted.text.splitlines(), "wanted")
        return [self.lock(name, {}, lambda cas, inputs: (wanted, ""), params), self.installed(name)]

    def wanted(self, wishes: tuple[Wish, ...]) -> Wanted:
        options = self.config.lock
        return Wanted(
            requirements=wishes,
            python=self.python,
            resolver=options.resolver,
            cutoff=options.cutoff,
            indexes=options.indexes,
        )

    def lock(
        self,
        name: str,
        inputs: Mapping[str, Input],
        ask: Callable[[Cas, Mapping[str, Tree]], tuple[Wanted, str]],
        params: Mapping[str, str] | None = None,
    ) -> Node:
        """The node `lock-NAME`. `ask` says what is wanted, and a requirements text whose versions are preferred;
        `params` is what of it the config alone says.
        """

        def current(wanted: Wanted) -> Section | None:
            section = self.lockfile.sections.get(name)
            return section if section and section.inputs == wanted.text and not self.upgrade else None

        def recall(cas: Cas, trees: Mapping[str, Tree]) -> Tree | None:
            section = current(ask(cas, trees)[0])
            return _tree(cas, section) if section else None

        def run(work: Work) -> Tree:
            wanted, preferred = ask(work.cas, work.inputs)
            previous = self.lockfile.sections.get(name)
            if self.locked:
                raise stale(f"section `{name}`", self.file_name, staleness(previous, wanted))
            section = resolve(
                wanted,
                previous=previous,
                prefer=preferred,
                upgrade=self.upgrade,
                uv=self.uv(work),
                scratch=work.folder,
                cache=self.store.environments,
            )
            return _tree(work.cas, section)

        return Node(name=f"lock-{name}", kind="lock", inputs=inputs, params=params or {}, run=run, recall=recall)

    def installed(self, name: str) -> Environment:
        """The node `env-NAME`: what `lock-NAME` locked, installed."""

        def realise(work: Work) -> Path:
            return environment.realise(
                work.cas.text(work.inputs[""], "requirements.txt"),
                self.interpreter,
                root=self.store.environments,
                indexes=self.config.lock.indexes,
                uv=self.uv(work),
            )

        def installed(cas: Cas, trees: Mapping[str, Tree]) -> Path | None:
            text = cas.text(trees[""], "requirements.txt")
            return environment.installed(text, self.interpreter, root=self.store.environments)

        return Environment(
            name=f"env-{name}",
            inputs={"": Made(node=f"lock-{name}", folder=LOCKED)},
            implementation=(f"interpreter {self.python_text}",),
            realise=realise,
            installed=installed,
        )

    def uv(self, work: Work) -> Uv:
        return Uv(environ=self.environ, offline=self.offline, processes=work.processes, log=work.log)


def hook_modules(config: Config) -> dict[Field, str]:
    """The user's modules of hooks, by the field that names each."""
    named: dict[Field, HookOptions | None] = {("serve", "hooks", "module"): config.serve.hooks}
    named |= {("models", name, "hooks", "module"): member.hooks for name, member in config.models.items()}
    return {field: hooks.module for field, hooks in named.items() if hooks}


def own_template(config: Config) -> str:
    """The folder of the user's own template below that of deploy.yaml; empty where a framework is named."""
    name = config.serve.framework
    return posixpath.normpath(name) if name.startswith(HERE) else ""


def allow_list(named: Iterable[str]) -> Allowed:
    """The built-in list and what the operator named: "pkg.Class" is one name, "pkg.*" a module and all below it."""
    modules = [name.removesuffix(".*") for name in named if name.endswith(".*")]
    names = [name for name in named if not name.endswith(".*")]
    return default_allowed().plus(names=names, modules=modules)


def module_name(path: str) -> str:
    """The import name of a source file below the folder on Python's path."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def section_of(cas: Cas, tree: Tree) -> Section:
    """What a lock node's tree says for deploy.lock."""
    return Section(
        inputs=cas.text(tree, f"{INPUTS}/inputs.txt"),
        requirements=cas.text(tree, f"{LOCKED}/requirements.txt"),
        without=without(cas, tree.under(WITHOUT)),
    )


def without(cas: Cas, tree: Tree) -> dict[str, str]:
    """What a lock left out and why, from the folder of its tree that says it."""
    return {entry.path.removesuffix(".txt"): cas.text(tree, entry.path) for entry in tree}


def _tree(cas: Cas, section: Section) -> Tree:
    left = {f"{WITHOUT}/{name}.txt": why for name, why in section.without.items()}
    made = {f"{INPUTS}/inputs.txt": section.inputs, f"{LOCKED}/requirements.txt": section.requirements}
    return cas.put_texts({**made, **left})
