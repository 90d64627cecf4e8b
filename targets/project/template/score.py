"""The command that scores a file: rows in, an answer for each out, and what has none in a file of errors."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from pathlib import Path
from time import monotonic

from .job import READERS, STREAM, WRITERS, Asked, score
from .reading import InputError
from .resuming import Busy
from .scoring import ANSWERS

COMMAND = "service-score"
ENDINGS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
ROWS = 2000
DONE, FAILED, WRONG, SOME_BAD = 0, 1, 2, 3
ENDS = """\
exit codes: 0 each row has an answer; 1 it could not go on; 2 the arguments or the file's columns are wrong;
3 done, and the rows in the file of errors have no answer

Interrupted, the same command goes on from where it was. OUT appears when it is whole."""


def main() -> None:
    """Score what the command line names."""
    parser = command_line()
    try:
        asked = _asked(parser)
        code = SOME_BAD if score(asked, sys.stderr, monotonic) else DONE
    except InputError as error:
        code = _said(error, WRONG)
    except (OSError, Busy) as error:
        code = _said(error, FAILED)
    except KeyboardInterrupt:
        code = _said("interrupted: the same command goes on from here", 130)
    sys.exit(code)


def _said(what: object, code: int) -> int:
    print(f"{COMMAND}: {what}", file=sys.stderr)
    return code


def _asked(parser: ArgumentParser) -> Asked:
    given = parser.parse_args()
    methods = given.method or [next(iter(ANSWERS))]
    errors = given.errors or ("" if given.target == STREAM else f"{given.target}.errors.jsonl")
    files = [Path(path).resolve() for path in (given.source, given.target, errors) if path not in ("", STREAM)]
    if len(set(files)) < len(files):
        parser.error("IN, OUT and the file of errors have to be different files")
    return Asked(
        source=given.source,
        target=given.target,
        methods=list(dict.fromkeys(methods)),
        kept=list(dict.fromkeys(given.keep)),
        read_as=given.read_as or _format(parser, given.source, "--from"),
        write_as=given.write_as or _format(parser, given.target, "--to"),
        errors=errors,
        rows=given.rows,
    )


def command_line() -> ArgumentParser:
    parser = ArgumentParser(COMMAND, description=__doc__, epilog=ENDS, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("source", metavar="IN", help=f"file of rows: {', '.join(ENDINGS)}; - is standard input")
    parser.add_argument("target", metavar="OUT", help="file of answers; - is standard output")
    parser.add_argument("--method", action="append", choices=[*ANSWERS], help="what to ask; may be given again")
    parser.add_argument(
        "--keep", action="append", default=[], metavar="COLUMN", help="copy it to the answers; may be given again"
    )
    parser.add_argument("--from", dest="read_as", choices=[*READERS], help="the format of IN, whatever it is called")
    parser.add_argument("--to", dest="write_as", choices=[*WRITERS], help="the format of OUT")
    parser.add_argument("--errors", metavar="FILE", help="rows without an answer (default: OUT.errors.jsonl)")
    parser.add_argument(
        "--rows", type=_positive, default=ROWS, metavar="N", help=f"rows to ask for at once (default: {ROWS})"
    )
    return parser


def _format(parser: ArgumentParser, path: str, option: str) -> str:
    found = ENDINGS.get(Path(path).suffix.lower())
    if path == STREAM or found is None:
        parser.error(f"say with {option} which format {path} has: {', '.join(READERS)}")
    return found


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError("it has to be a number above 0")
    return int(text)


if __name__ == "__main__":
    main()
