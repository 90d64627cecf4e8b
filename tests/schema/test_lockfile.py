"""deploy.lock is written one way, reads back as it was, and a file that is none is refused with its place."""

from __future__ import annotations

import json

import pytest
from deployc.schema.diagnostics import UserError
from deployc.schema.lockfile import BaseImage, Lockfile, Pin, Section, Source, dump, load, pins, requirements_text
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.sampled_from(["a", "train", "stage-features", "scikit-learn", "0x"])
PINS = st.builds(
    Pin,
    name=NAMES,
    version=st.sampled_from(["1.0", "2.1.post1", "1!3.0", "0.1rc1", "1.0+cpu"]),
    marker=st.sampled_from(["", 'sys_platform == "win32"', 'os_name == "nt" or extra == "x"']),
    hashes=st.sets(st.integers(0, 2**256 - 1), min_size=1, max_size=3).map(
        lambda numbers: tuple(f"{number:064x}" for number in sorted(numbers))
    ),
)
SECTIONS = st.builds(
    Section,
    inputs=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r")),
    requirements=st.lists(PINS, max_size=3).map(requirements_text),
    without=st.dictionaries(NAMES, st.sampled_from(["", "one line\n", "no: set\n  of versions\n"]), max_size=2),
)
HASH = "a" * 64
FILES = st.dictionaries(
    st.from_regex(r"\A[a-zäM][a-z .-]{0,9}(/[a-z.]{1,3}[a-z])?\Z"), st.integers(0, 2**40), min_size=1, max_size=3
).map(lambda sizes: "".join(f"{HASH} {sizes[path]} - {path}\n" for path in sorted(sizes)))
SOURCES = st.builds(
    Source,
    uri=st.sampled_from(["models:/churn@champion", "runs:/0a1/model"]),
    version=st.sampled_from(["models:/churn/7", "runs:/0a1/model"]),
    files=FILES,
    facts=st.dictionaries(st.text(max_size=5), st.floats(allow_nan=False) | st.text(max_size=9), max_size=3).map(
        lambda facts: json.dumps(facts, indent=1) + "\n"
    ),
)
BASES = st.builds(
    BaseImage, reference=st.sampled_from(["python:3.12-slim", "localhost:5000/a"]), digest=st.just(f"sha256:{HASH}")
)
GOOD = f"""\
version: 1
sections:
  serve:
    inputs: |
      python 3.11
    requirements: |
      six==1.17.0 \\
          --hash=sha256:{HASH}
"""


@given(
    st.dictionaries(NAMES, SECTIONS, max_size=3),
    st.none() | SOURCES,
    st.dictionaries(NAMES, SOURCES, max_size=2),
    st.dictionaries(NAMES, BASES, max_size=2),
)
def test_what_is_written_reads_back_equal(
    sections: dict[str, Section], source: Source | None, sources: dict[str, Source], bases: dict[str, BaseImage]
) -> None:
    lockfile = Lockfile(sections=sections, source=source, sources=sources, bases=bases)
    text = dump(lockfile)
    assert load(text.encode(), file="deploy.lock") == lockfile
    backwards = Lockfile(
        sections=dict(reversed(sections.items())),
        source=source,
        sources=dict(reversed(sources.items())),
        bases=dict(reversed(bases.items())),
    )
    assert dump(backwards) == text


@given(st.lists(PINS, max_size=4))
def test_pins_read_back(found: list[Pin]) -> None:
    assert sorted(pins(requirements_text(found)), key=str) == sorted(found, key=str)


def test_it_is_written_as_lines_that_a_merge_can_see() -> None:
    section = Section(inputs="python 3.11\n", requirements=f"six==1.17.0 \\\n    --hash=sha256:{HASH}\n")
    text = dump(Lockfile(sections={"serve": section}))
    assert text.startswith("# ")
    assert text.partition("\n")[2] == GOOD


def test_a_checkout_with_other_line_ends_is_the_same() -> None:
    assert load(GOOD.replace("\n", "\r\n").encode(), file="f") == load(GOOD.encode(), file="f")


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ("version: 1", "version: 2", 1, "version 1"),
        ("version: 1", "<<<<<<< HEAD\nversion: 1\n=======\n>>>>>>> other", 1, "merge conflict"),
        ("      python 3.11\n", "      python 3.11\n>>>>>>> other\n", 6, "merge conflict"),
        ("sections:", "section:", 2, "unknown key `section`"),
        ("    inputs: |\n      python 3.11\n", "", 4, "`inputs` is missing"),
        ("  serve:", "  serve: {}\n  serve:", 4, "twice"),
        ("six==1.17.0", "six>=1.17.0", 7, "not pinned"),
        ("six==1.17.0", "six @ https://example.org/six.whl", 7, "not pinned"),
        ("six==1.17.0", "--index-url https://example.org", 7, "no requirement"),
        (f"--hash=sha256:{HASH}", "", 7, "--hash"),
        (HASH, "a" * 63, 7, "--hash"),
        ("      python 3.11", "      [1]", None, ""),
        ("inputs: |\n      python 3.11", "inputs: [1]", 4, "text"),
        ("sections:\n", "sections: ]\n", 2, ""),
    ],
)
def test_a_bad_file_is_refused_at_its_line(old: str, new: str, line: int | None, why: str) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    if line is None:
        load(text.encode(), file="f")
        return
    with pytest.raises(UserError) as caught:
        load(text.encode(), file="deploy.lock")
    (found,) = caught.value.diagnostics
    assert found.code == "lock-unreadable"
    assert why in found.message
    assert found.at is not None
    assert (found.at.file, found.at.line) == ("deploy.lock", line)
    assert found.at.text == text.splitlines()[line - 1]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("  version: models:/churn/7\n", "", 3),
        (f"{HASH} 12 - MLmodel", f"{HASH} 12 - ../MLmodel", 5),
        (f"{HASH} 12 - MLmodel", f"{HASH} 12 - /MLmodel", 5),
        (f"{HASH} 12 - MLmodel", f"{HASH} 12 - a//MLmodel", 5),
        (f"{HASH} 12 - MLmodel", f"{HASH} 12 - MLmodel/.", 5),
        (f"{HASH} 12 - MLmodel", f"{HASH} 012 - MLmodel", 5),
        (f"{HASH} 12 - MLmodel", "12 - MLmodel", 5),
        (f"{HASH} 12 - MLmodel", f"{HASH} 12 - z", 5),
        ('"run_id": "0a1"', '"run_id":', 8),
        ('{"run_id": "0a1"}', "[]", 8),
    ],
)
def test_a_bad_source_is_refused_at_its_line(old: str, new: str, line: int) -> None:
    text = GOOD.replace(
        "sections:",
        f"""\
source:
  uri: models:/churn@champion
  version: models:/churn/7
  files: |
    {HASH} 12 - MLmodel
    {HASH} 0 - data/model.skops
  facts: |
    {{"run_id": "0a1"}}
sections:""",
    )
    assert load(text.encode(), file="f").source
    with pytest.raises(UserError) as caught:
        load(text.replace(old, new, 1).encode(), file="f")
    (found,) = caught.value.diagnostics
    assert (found.code, found.at and found.at.line) == ("lock-unreadable", line)


def test_a_base_without_a_digest_is_refused_at_its_line() -> None:
    text = GOOD.replace("sections:", "bases:\n  oci:\n    reference: python:3.12\n    digest: sha256:12\nsections:")
    with pytest.raises(UserError) as caught:
        load(text.encode(), file="f")
    (found,) = caught.value.diagnostics
    assert (found.code, found.at and found.at.line) == ("lock-unreadable", 5)


@pytest.mark.parametrize(
    "data", [b"", b"version: 1\xff", b"[" * 5000, b"- 1", b"!!python/object:os.system {}", b"\x00"]
)
def test_bytes_that_are_no_lockfile(data: bytes) -> None:
    with pytest.raises(UserError) as caught:
        load(data, file="deploy.lock")
    assert caught.value.diagnostics[0].code == "lock-unreadable"
