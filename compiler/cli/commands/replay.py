"""Ask a logged request again: of the trained model and of the built service, side by side.

examples:
  deployc replay payloads.jsonl
  deployc replay 4f2a9c --log payloads.jsonl
  deployc replay - < line.json
  deployc replay payloads.jsonl --model churn    what one of several models was asked
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from ....schema.codec import encode
from ....schema.config import Tolerance
from ....schema.diagnostics import fail
from ....schema.render import visible
from ....targets import replaying
from ....targets.deployment import Deployment
from ....targets.graph import graph
from ....targets.replaying import Logged, Replayed
from ....targets.several import members, under
from ...node import AnyNode
from ...plan import Plan
from ..building import executed, report_failures
from ..session import arguments as file_argument
from ..session import chosen, deployment, machine_arguments, opened
from ..showing import progress, shown

WIDEST = 60


def arguments(parser: argparse.ArgumentParser) -> None:
    words = "a file of the payload log, - for standard input, or with --log a request id"
    parser.add_argument("request", metavar="REQUEST", help=words)
    file_argument(parser)
    machine_arguments(parser)
    parser.set_defaults(locked=True, keep_going=False, jobs=os.cpu_count() or 2)
    parser.add_argument("--log", metavar="LOG", help="the file in which the request with that id is")
    parser.add_argument("--model", metavar="NAME", help="which of several models")
    parser.add_argument("--abs", type=_difference, default=0.0, metavar="X", help="absolute difference allowed")
    parser.add_argument(
        "--rel", type=_difference, default=0.0, metavar="X", help="difference relative to the model's allowed"
    )
    parser.add_argument("--json", action="store_true", help="the report as a JSON array on standard output")


def _difference(text: str) -> float:
    with suppress(ValueError):
        if (number := float(text)) >= 0:
            return number
    raise argparse.ArgumentTypeError(f"{text} is not a number from 0 on")


def run(options: argparse.Namespace) -> int:
    requests = [replaying.read_line(line) for line in _lines(options)]
    session = opened(options)
    chosen(session, options.model, "replay")
    made = deployment(session, options)
    node = _node(made, requests, options)
    with shown(progress()) as show:
        outcome = executed(session, Plan.of([*graph(made), node]).only([node.name]), made, options, show)
    if outcome.failures:
        report_failures(session, outcome, options)
        return 1
    found = replaying.report(made, outcome.trees[node.name])
    if options.json:
        sys.stdout.write(json.dumps([encode(one) for one in found], indent=1) + "\n")
    else:
        sys.stdout.writelines(f"{visible(line)}\n" for one in found for line in _told(one, options))
    return 0 if all(one.equal for one in found) else 1


def _node(made: Deployment, requests: Sequence[Logged], options: argparse.Namespace) -> AnyNode:
    tolerance, model = Tolerance(abs=options.abs, rel=options.rel), options.model
    if model is None:
        return replaying.node(made, requests, tolerance)
    return under(replaying.node(members(made)[model], requests, tolerance, model), model)


def _lines(options: argparse.Namespace) -> list[str]:
    """The lines to replay; UserError `replay-unreadable` where there are none."""
    source = options.log or options.request
    if source != "-" and not Path(source).is_file():
        raise fail("missing-file", f"no file {source}")
    text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8", errors="replace")
    lines = [line for line in text.splitlines() if line.strip()]
    for field, wanted in (("request_id", options.request if options.log else None), ("name", options.model)):
        lines = [line for line in lines if wanted is None or replaying.said(line, field) == wanted]
    if not lines:
        what = f"no request {options.request} is in {source}" if options.log else f"{source} has no line"
        what += f" of the model {options.model}" if options.model else ""
        raise fail("replay-unreadable", what)
    return lines


def _told(one: Replayed, options: argparse.Namespace) -> Iterator[str]:
    request = one.request
    yield f"request {request.request_id} of {request.time}: {request.method}, {len(request.rows)} rows"
    if request.model != one.model:
        yield f"  it was answered by model {request.model[:12]}; what is built now is {one.model[:12]}"
    head = ("row", "trained", "built", "logged", "difference")
    rows = [(str(n), *_cells(row)) for n, row in enumerate(one.rows, 1)]
    widths = [min(WIDEST, max(len(line[i]) for line in (head, *rows))) for i in range(len(head))]
    for line in (head, *rows):
        yield "  " + "  ".join(_cut(cell).ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
    same = "the same" if one.equal else "NOT the same"
    yield f"  trained and built say {same} (allowed: abs {options.abs:g}, rel {options.rel:g})"


def _cells(row: replaying.Row) -> tuple[str, ...]:
    far = "0" if row.equal and not row.difference else "differs" if row.difference is None else f"{row.difference:g}"
    return (*(_short(text) for text in (row.trained, row.built, row.logged)), far)


def _short(text: str) -> str:
    """The text; numbers with as many digits as a person compares."""
    try:
        return json.dumps(json.loads(text, parse_float=lambda digits: float(f"{float(digits):.6g}")))
    except ValueError:
        return text


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}..."
