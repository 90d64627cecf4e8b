"""`cook()`: from a fitted model in memory to a built service, in one call."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

from ...schema.decode import read_config
from ...schema.diagnostics import Diagnostic, UserError, fail
from ...targets.catalogs import catalogs
from .. import stat_cache
from ..cli.allow import allowed
from ..cli.commands.init import SERVED
from ..cli.session import STATE
from ..digest import of_path
from ..emit import Emission
from ..store import Store, default_root
from ..tree import Tree
from .arguments import at_least, listed, one_of, plain
from .building import done, usual
from .built import Build
from .errors import told
from .own_code import pinned
from .prepared import CODE, SAMPLE, Prepared, prepare
from .recipe import EDITED, Edited, Recipe, keep, settled
from .requirement_files import lines_of
from .showing import recorded

FILE = "deploy.yaml"
ROWS = 200
Options = Mapping[str, object]
Named = str | Iterable[str] | Mapping[str, Options | None]
"""A name, names, or options by name, where None are none."""
Line = str | PathLike[str]


def cook(
    model: object,
    *,
    name: str,
    sample: object = None,
    framework: str | PathLike[str] = "fastapi",
    targets: Named = ("project",),
    tests: Named | None = None,
    port: int | None = None,
    workers: int | None = None,
    requirements: Line | Iterable[Line] = (),
    serve: Options | None = None,
    folder: str | PathLike[str] | None = None,
    sample_rows: int = ROWS,
    edited: Edited = "ask",
    force: bool = False,
    offline: bool = False,
    allow: str | Iterable[str] = (),
    quiet: bool = False,
) -> Build:
    """Save a fitted model, write a deploy.yaml for it, and build that with deployc's own engine and cache.

    `model`: an estimator of scikit-learn, XGBoost, LightGBM or CatBoost. `name`: the deployment's. `sample`: rows as
    the model takes them, of which the first `sample_rows` are kept beside deploy.yaml: they tell the types of the
    columns, and the service has to answer them as the model does. `targets`, `tests`: names, or options by name, as in
    deploy.yaml; by default the project, and all tests that the sample allows. `requirements`: further ones of the
    service, or paths of files that list some. `serve`: further keys of deploy.yaml's `serve`. `folder`: where
    deploy.yaml lies, by default one that is called as the deployment. `edited`: what becomes of a deploy.yaml that was
    edited by hand, where this call asks for something else than the last one did. `force`, `offline`, `allow`: as
    `deployc build` has them. `quiet`: show no progress.

    A text in an option is what deploy.yaml says; a path object names a file as this process would find it, which has
    to be in `folder`.

    Python and the versions of the model's libraries are those of this process. DeploycError says what is wrong.
    """
    with told():
        show = recorded(quiet=quiet)
        root = _folder(Path(folder or name))
        place = _Place(root=root, edited=one_of(EDITED, edited, "edited"), force=force, say=show.say)
        further = {key: value for key, value in (("port", port), ("workers", workers)) if value is not None}
        said = _Said(
            name=name,
            serve=_options({"serve": {"framework": framework, **further, **(serve or {})}}, root)["serve"],
            requirements=tuple(_lines(listed(requirements))),
            targets=_options(targets, root),
            tests=None if tests is None else _options(tests, root),
        )
        options, most = usual(root / FILE), at_least(1, sample_rows, "sample_rows")
        options.allow, options.force, options.offline = [*listed(allow)], force, offline
        store, permitted = Store(default_root(os.environ)), allowed(os.environ, options.allow)
        with store.scratch() as scratch:
            prepared = prepare(model, sample, most=most, allow=permitted, cas=store.cas, scratch=scratch)
            place.write(said.recipe(prepared).text, prepared.tree, store, scratch)
        return done(options, show)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a call says for deploy.yaml."""

    name: str
    serve: Options
    requirements: tuple[str, ...]
    targets: Mapping[str, Options]
    tests: Mapping[str, Options] | None

    def recipe(self, prepared: Prepared) -> Recipe:
        """With what the model and its sample say themselves."""
        given = self.serve.get("requirements", ())
        lines = [*(given if isinstance(given, list | tuple) else [given]), *self.requirements]
        lines += [line for line in pinned(prepared.code.needs) if line not in lines]
        return Recipe(
            name=self.name,
            python=_python(),
            code=[f"{CODE}/{top}" for top in prepared.code.tops],
            sample=SAMPLE if prepared.rows else "",
            serve={**self.serve, **({"requirements": lines} if lines else {})},
            inputs=prepared.inputs,
            targets=self.targets,
            tests=_tests(prepared) if self.tests is None else self.tests,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """The folder of deploy.yaml, and what may become of what the user has changed there."""

    root: Path
    edited: Edited
    force: bool
    say: Callable[[str], None]

    def write(self, text: str, files: Tree, store: Store, scratch: Path) -> None:
        """Make the folder hold these files and a deploy.yaml with this text; UserError before anything is touched."""
        file, record = self.root / FILE, self.root / STATE / "cooked.yaml"
        _check(text, scratch / FILE, shown=file)
        final = settled(file, record, text, self.edited)
        self._emit(files, store)
        keep(file, final)
        keep(record, text)
        if final != text:
            self.say(f"{file} was edited by hand, and is used as it is")

    def _emit(self, files: Tree, store: Store) -> None:
        stats = stat_cache.read(self.root / STATE / f"{FILE}.stats")
        emission = Emission(folder=self.root, record=self.root / STATE / "cooked.json", cas=store.cas, stats=stats)
        try:
            with store.working(of_path(self.root), threading.Event()):
                emission.emit(files, scope=None, force=self.force)
        except UserError as error:
            advice = "`force=True` replaces it; or choose another `folder`"
            raise UserError(*(replace(diagnostic, help=advice) for diagnostic in error.diagnostics)) from None


def _check(text: str, file: Path, *, shown: Path) -> None:
    """UserError with what is wrong in the text of a deploy.yaml as a text, said of the file that it is to be."""
    file.write_text(text, encoding="utf-8")
    try:
        read_config(file, catalogs())
    except UserError as error:
        raise UserError(*(_of_file(diagnostic, str(shown)) for diagnostic in error.diagnostics)) from None


def _of_file(diagnostic: Diagnostic, file: str) -> Diagnostic:
    return replace(diagnostic, at=diagnostic.at and replace(diagnostic.at, file=file))


def _folder(path: Path) -> Path:
    if path.exists() and not path.is_dir():
        text = f"{path} is a file, where the folder of deploy.yaml would be"
        raise fail("output-in-the-way", text, help="choose another `folder`")
    return path.absolute()


def _python() -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return version if version in SERVED else ""


def _options(named: Named, root: Path) -> dict[str, Options]:
    given: Mapping[str, Options | None] = named if isinstance(named, Mapping) else dict.fromkeys(listed(named))
    return {name: {key: plain(value, root) for key, value in (given[name] or {}).items()} for name in given}


def _tests(prepared: Prepared) -> dict[str, Options]:
    parity: dict[str, Options] = {"parity": {"rows": SAMPLE, "tolerance": 1e-6}} if prepared.rows else {}
    return {"types": {}, "smoke": {}, **parity}


def _lines(requirements: Iterable[Line]) -> Iterator[str]:
    """Requirements, each by itself; a path stands for the lines of its file."""
    for each in requirements:
        yield from [each] if isinstance(each, str) else lines_of(Path(each))
