"""The stage that compiles the model: optimisers are tried, and the first whose result is proved equal is served."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..compiler.cas import Cas
from ..compiler.node import Input, Made, Node, Work
from ..compiler.process import TimedOut, cut_short, ending
from ..compiler.processor import processor
from ..compiler.rows import typed_rows
from ..compiler.tree import Tree
from ..schema.codec import decode, encode
from ..schema.composed import feeds_of
from ..schema.diagnostics import UserError, fail
from .checks import parity
from .deployment import LOCKED, WITHOUT, Deployment, without
from .project.applying import candidates, compiled_spec, must_be_proved
from .project.needs import requirements_of
from .project.params import heard
from .project.proof.report import Proof
from .project.telling import difference, told
from .project.trial import COMPILED, MODULE, Forms, Trial, request, write_compiled, write_runner
from .serving import probed, run_python

FIELD = ("serve", "optimize")
UNKNOWN = "no optimiser knows models of its kind"
ORIGINAL = "`on_unproved: serve-original` would serve the model as it was trained"
SECONDS = 900.0
"""A conversion with its proof that takes longer is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of one optimiser: a proof, which may be of the contrary, or why there is none."""

    optimizer: str
    why: str = ""
    proof: Proof | None = None
    tried: bool = True
    """Whether its packages are there; else `why` has lines."""

    @property
    def proved(self) -> bool:
        return self.proof is not None and self.proof.equal

    @property
    def words(self) -> list[str]:
        """What a resolver says of packages that cannot be locked."""
        return [] if self.tried else self.why.splitlines()[1:]

    @property
    def told(self) -> str:
        """One sentence."""
        if not self.tried:
            said = f"{self.optimizer} is not tried, since its packages cannot be locked beside the model's"
            return f"{said}: {self.why.splitlines()[0]}"
        if self.proof is None:
            return f"{self.optimizer} cannot convert the model: {self.why}"
        rows = sum(self.proof.rows.values())
        if self.proved:
            return f"compiled with {self.optimizer}: equal to the original on {rows} rows"
        return f"what {self.optimizer} made of the model is not equal to it on {rows} rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is served, and what was tried to serve something faster."""

    optimizer: str
    """Empty where the model is served as it was trained."""
    attempts: tuple[Attempt, ...] = ()

    @property
    def anywhere(self) -> Report:
        """The same without the processor's name, so that two kinds of processor that agree give the same bytes."""
        said = [replace(a, proof=a.proof and replace(a.proof, processor="")) for a in self.attempts]
        return replace(self, attempts=tuple(said))

    @property
    def told(self) -> tuple[str, ...]:
        """What the build says, a sentence each."""
        if not self.attempts:
            return (f"the model is served as it was trained: {UNKNOWN}",)
        said = tuple(attempt.told for attempt in self.attempts)
        return said if self.optimizer else (*said, "the model is served as it was trained")


def node(deployment: Deployment, model: Input, spec: Input, sample: Mapping[str, Input]) -> Node:
    """`optimize` gives the model to serve (model/), what it is (spec/), and how that was proved (report/)."""
    config = deployment.config
    held_out = {_label(name): deployment.file(path) for name, path in _held_out(deployment).items()}
    return Node(
        name="optimize",
        inputs={
            "model": model,
            "spec": spec,
            "probe": Made(node="probe"),
            "lock": Made(node="lock-model", folder=LOCKED),
            "without": Made(node="lock-model", folder=WITHOUT),
            **sample,
            **held_out,
            **deployment.modules,
        },
        params={
            "optimize": json.dumps(encode(config.serve.optimize), sort_keys=True),
            "methods": " ".join(config.serve.methods),
            "processor": processor(),
            **deployment.layout,
        },
        implementation=deployment.identity.tools("libcst"),
        environments=(deployment.model_environment,),
        run=lambda work: _optimized(work, deployment),
    )


def named(work: Work) -> Mapping[str, str] | None:
    """What a compiled model comes from, for a node with the inputs "report" and "original"; None of one as trained."""
    tree = work.inputs.get("report", Tree())
    if not tree or not (by := report_of(work.cas, tree.at("report")).optimizer):
        return None
    return {"by": by, "proof": tree["report.json"].digest, "original": work.inputs["original"].digest}


def report_of(cas: Cas, tree: Tree) -> Report:
    """The report in the tree of an `optimize` node."""
    return decode(Report, json.loads(cas.text(tree, "report/report.json")))


def _optimized(work: Work, deployment: Deployment) -> Tree:
    spec, options = deployment.spec(work), deployment.config.serve.optimize
    deployment.methods(spec)
    attempts: list[Attempt] = []
    left = without(work.cas, work.inputs["without"])
    for name in candidates(options, spec):
        if name in left:
            attempts.append(Attempt(optimizer=name, why=left[name], tried=False))
            continue
        folder = work.folder / name
        attempts.append(_attempt(work, deployment, name, folder))
        if attempts[-1].proved:
            return _tree(work, deployment, Report(optimizer=name, attempts=tuple(attempts)), folder)
    if must_be_proved(options):
        raise _unproved(attempts)
    return _tree(work, deployment, Report(optimizer="", attempts=tuple(attempts)), work.folder)


def _attempt(work: Work, deployment: Deployment, optimizer: str, folder: Path) -> Attempt:
    found, spec = probed(work), deployment.spec(work)
    if spec.container == "tensor":
        return Attempt(optimizer=optimizer, why="the model takes an array of more than two dimensions")
    if params := heard(spec):
        return Attempt(optimizer=optimizer, why=f"its params change the answer: {', '.join(params)}")
    trial = Trial(
        spec=spec,
        outputs=found.outputs,
        config=deployment.config,
        rows=_rows(work, deployment, found.example),
        seed=work.inputs["model"].digest,
        processor=processor(),
        distributions=requirements_of(optimizer),
    )
    write_runner(trial, folder / "code")
    write_compiled(trial, optimizer, folder / "code")
    work.cas.materialise(work.inputs["model"], folder / "model", shared=True)
    modules = deployment.place_modules(work, folder / "modules")
    (folder / "made").mkdir()
    forms = Forms(
        original=folder / "model" / spec.file,
        other=folder / "made" / compiled_spec(spec, optimizer, {}).file,
        package=COMPILED,
        optimizer=optimizer,
    )
    count = deployment.config.serve.optimize.rows
    said = compared(work, deployment, request(trial, forms, count=count), folder, modules)
    return Attempt(optimizer=optimizer, why=said) if isinstance(said, str) else Attempt(optimizer=optimizer, proof=said)


def compared(work: Work, deployment: Deployment, asked: str, folder: Path, paths: Sequence[Path]) -> Proof | str:
    """What the runner in `folder`/code says to a request, or why it says nothing; `paths` go on Python's path.

    UserError where it was killed: that would be kept as if the model could not be compiled.
    """
    request, answer, lines = folder / "request.json", folder / "answer.json", list[str]()
    request.write_text(asked, encoding="utf-8")
    try:
        code = run_python(
            work,
            deployment.model_environment,
            ["-m", MODULE, str(request), str(answer)],
            {"PYTHONPATH": ":".join(map(str, (folder / "code", *paths)))},
            folder=folder / "code",
            log=lines.append,
            timeout=SECONDS,
        )
    except TimedOut:
        return f"it takes longer than {SECONDS / 60:.0f} minutes"
    for line in lines:
        work.log(line)
    if cut_short(code):
        raise fail(
            "compiling-killed",
            f"what compiles the model and compares the two {ending(code)}",
            field=FIELD,
            help="a system without memory does that: give the build more; `optimize: off` does without it",
            notes=["\n".join(lines[-20:])] if lines else [],
        )
    if code != 0:
        return f"it {ending(code)}: {(lines or ['it said nothing'])[-1]}"
    said = json.loads(answer.read_text(encoding="utf-8"))
    why = str(said.pop("why"))
    return why or decode(Proof, said)


def _tree(work: Work, deployment: Deployment, report: Report, folder: Path) -> Tree:
    """The node's output."""
    spec, model = deployment.spec(work), work.inputs["model"]
    if report.optimizer and (proof := report.attempts[-1].proof):
        spec = compiled_spec(spec, report.optimizer, proof.versions)
        model = Tree((work.cas.put_file(folder / "made" / spec.file),))
    texts = {
        "spec/spec.json": json.dumps(encode(spec), indent=1) + "\n",
        "report/report.json": json.dumps(encode(report.anywhere), indent=1) + "\n",
        "report/processor.txt": f"{processor()}\n",
        "report/report.txt": "".join(f"{line}\n" for line in _lines(report)),
    }
    return model.at("model") | work.cas.put_texts(texts)


def _lines(report: Report) -> list[str]:
    """The report for people."""
    left = [line for attempt in report.attempts if attempt.words for line in ("", *attempt.words)]
    proofs = [line for attempt in report.attempts if attempt.proof for line in ("", *told(attempt.proof))]
    return [*report.told, *left, *proofs]


def _unproved(attempts: list[Attempt]) -> UserError:
    if not attempts:
        return fail("not-proved", UNKNOWN, field=FIELD, help=ORIGINAL)
    *before, last = attempts
    notes = [attempt.told for attempt in before]
    notes += ["\n".join(difference(first))] if last.proof and (first := last.proof.first) else []
    notes += ["\n".join(last.words)] if last.words else []
    return fail("not-proved", last.told, field=FIELD, help=ORIGINAL, notes=notes)


def _rows(
    work: Work, deployment: Deployment, example: Mapping[str, object] | None
) -> dict[str, list[Mapping[str, object]]]:
    """Rows that are there already: the sample's, those of parity tests, and the one that the probe found."""
    columns, sample = deployment.spec(work).inputs, deployment.config.model.sample
    found: dict[str, list[Mapping[str, object]]] = {"example": [example] if example else []}
    if sample:
        rows = typed_rows(deployment.rows(work, "sample", sample.path), columns, field=("model", "sample"))
        found["sample"] = [*rows]
    for name, path in _held_out(deployment).items():
        data = deployment.rows(work, _label(name), path)
        found[name] = [*typed_rows(data, columns, field=("tests", name, "rows"))]
    return found


def _held_out(deployment: Deployment) -> dict[str, str]:
    """The rows' files of parity tests, by test; none where other models answer what would be missing in them."""
    if feeds_of(deployment.config.inputs):
        return {}
    entries = deployment.config.tests.items()
    return {name: entry.options.rows for name, entry in entries if isinstance(entry.options, parity.Options)}


def _label(test: str) -> str:
    return f"rows of {test}"
