"""References of images: what they name, with Docker's defaults, and which the OCI forbids."""

from __future__ import annotations

import pytest
from deployc.targets.registry.reference import Reference, mistakes, parsed
from hypothesis import given
from hypothesis import strategies as st

DIGEST = f"sha256:{'0a' * 32}"

component = st.from_regex(r"[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,8}){0,2}", fullmatch=True)
references = st.builds(
    Reference,
    registry=st.from_regex(r"([a-z0-9]{1,6}\.[a-z]{2,3}|localhost)(:[0-9]{1,5})?", fullmatch=True),
    repository=st.lists(component, min_size=1, max_size=3).map("/".join),
    tag=st.one_of(st.just(""), st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True)),
    digest=st.sampled_from(["", DIGEST]),
)


@given(references)
def test_what_is_written_is_read_again(reference: Reference) -> None:
    assert parsed(str(reference)) == reference


@given(st.text(alphabet="aA0.:/@-_ é[]", max_size=30))
def test_any_text_is_a_reference_or_told_why_not(text: str) -> None:
    if told := list(mistakes(text, ())):
        assert told[0].message
    else:
        assert parsed(str(parsed(text))) == parsed(text)


@pytest.mark.parametrize(
    ("text", "name", "wanted"),
    [
        ("python", "docker.io/library/python", "latest"),
        ("python:3.12-slim", "docker.io/library/python", "3.12-slim"),
        ("team/churn", "docker.io/team/churn", "latest"),
        ("index.docker.io/library/python", "docker.io/library/python", "latest"),
        ("localhost/churn:1", "localhost/churn", "1"),
        ("ghcr.io/team/churn:1", "ghcr.io/team/churn", "1"),
        ("127.0.0.1:5000/churn", "127.0.0.1:5000/churn", "latest"),
        ("[::1]:5000/churn", "[::1]:5000/churn", "latest"),
        (f"ghcr.io/churn:1@{DIGEST}", "ghcr.io/churn", DIGEST),
    ],
)
def test_dockers_defaults(text: str, name: str, wanted: str) -> None:
    assert (parsed(text).name, parsed(text).wanted) == (name, wanted)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ghcr.io/Team/churn", "no capital letters: `Team`"),
        ("ghcr.io/team//churn", "is empty"),
        ("", "is empty"),
        ("ghcr.io/team/-churn", "`-churn` is no part"),
        ("ghcr.io/churn:", "`` is no tag"),
        ("ghcr.io/churn:-1", "`-1` is no tag"),
        (f"ghcr.io/churn:{'a' * 129}", "at most 128"),
        ("ghcr.io/churn@sha256:abc", "`sha256:abc` is no digest"),
        ("ghcr_.io/churn", "`ghcr_.io` is no host"),
        (f"ghcr.io/{'a/' * 130}a", "more than 255"),
    ],
)
def test_what_the_oci_forbids_is_named(text: str, told: str) -> None:
    (found,) = mistakes(text, ("targets", "oci", "reference"))
    assert found.code == "invalid-reference"
    assert told in found.message


def test_only_registries_on_this_machine_are_asked_without_encryption() -> None:
    assert all(parsed(f"{host}/a").loopback for host in ("localhost:5000", "127.0.0.1", "127.8.8.8:1", "[::1]:5000"))
    assert not any(
        parsed(f"{host}/a").loopback for host in ("localhost.example.com", "127.example.com", "10.0.0.1:5000")
    )
