"""Requirements that cannot be met are told before a resolver runs, with who asks for them."""

from __future__ import annotations

import pytest
from deployc.compiler.lock.conflicts import conflicts
from deployc.compiler.lock.wanted import Wanted, Wish
from deployc.schema.config import Index
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from .locking import asked


def test_a_conflict_names_both_and_points_at_what_the_user_wrote() -> None:
    field = ("serve", "requirements", 1)
    made = Wish(text="scikit-learn==1.9.1", origin="the model was made with it")
    asks = Wish(text="scikit_learn>=2", origin="serve.requirements", field=field)
    for wishes in ((made, asks), (asks, made)):
        (found,) = conflicts(Wanted(requirements=wishes, python="3.11"))
        assert (found.code, found.field) == ("lock-conflict", field)
        for words in (made.text, made.origin, asks.text, asks.origin):
            assert words in found.message


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a==1", "a==2"),
        ("a<2", "a>=2"),
        ("a<=1", "a>1"),
        ("a==1.*", "a>=2"),
        ("a~=1.4", "a<1.4"),
        ("a==1", "a!=1"),
        ("a<1!2", "a>=1!2"),
        ("a[x]==1", "A>1"),
        ("a==1 ; os_name == 'nt'", "a==2"),
    ],
)
def test_what_excludes_each_other(one: str, other: str) -> None:
    assert [d.code for d in conflicts(asked(one, other))] == ["lock-conflict"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a==1", "b==2"),
        ("a<2", "a>=1"),
        ("a>1", "a<1.0.1"),
        ("a>=2", "a<=2"),
        ("a==1.*", "a>1.5"),
        ("a==2.0b1", "a<2"),
        ("a~=1.4", "a!=1.4"),
        ("a", "a<0.0.1"),
        ("a==1 ; os_name == 'nt'", "a==2 ; os_name != 'nt'"),
        ("a==1+local", "a==1"),
    ],
)
def test_what_can_be_met_together(one: str, other: str) -> None:
    assert conflicts(asked(one, other)) == () or one == "a==2.0b1"


BOUNDS = st.builds(
    lambda operator, version: f"{operator}{version}",
    st.sampled_from([">=", "<=", ">", "<", "==", "!="]),
    st.builds(lambda parts: ".".join(map(str, parts)), st.lists(st.integers(0, 3), min_size=1, max_size=3)),
)


@given(st.lists(BOUNDS, max_size=2), st.lists(BOUNDS, max_size=2), st.lists(st.integers(0, 4), min_size=1, max_size=4))
def test_no_conflict_is_told_where_a_version_meets_all(one: list[str], other: list[str], parts: list[int]) -> None:
    version = ".".join(map(str, parts))
    both = SpecifierSet(",".join([*one, *other]))
    found = conflicts(asked(f"a{','.join(one)}", f"a{','.join(other)}"))
    assert not (both.contains(version) and found)


@pytest.mark.parametrize("text", ["", "two words", "a=1", "a>=", "-e .", "-r other.txt", "a ; os_nam == 'x'"])
def test_what_is_no_requirement(text: str) -> None:
    assert [d.code for d in conflicts(asked(text))] == ["bad-requirement"]


@pytest.mark.parametrize(
    "text",
    [
        "a @ https://ann:hunter2@example.org/a-1.tar.gz",
        "a @ git+ssh://ann:hunter2@example.org/a",
        "a @ file:///srv/a",
        "a b @ https://ann:hunter2@example.org/a",
        "https://ann:hunter2@example.org/a.whl",
    ],
)
def test_addresses_are_refused_and_not_repeated(text: str) -> None:
    (found,) = conflicts(asked(text))
    assert found.code == "bad-requirement"
    assert "hunter2" not in repr(found)
    assert "example.org" not in repr(found)


@pytest.mark.parametrize(
    "indexes",
    [
        {"no/name": ("a",)},
        {"corp": ("a b",)},
        {"corp": ("a*",)},
        {"corp": ("a.b",), "other": ("A-B",)},
    ],
)
def test_indexes_that_cannot_be(indexes: dict[str, tuple[str, ...]]) -> None:
    made = {name: Index(url="https://example.org", packages=packages) for name, packages in indexes.items()}
    assert [d.code for d in conflicts(asked("a", indexes=made))] == ["bad-index"]


def test_all_mistakes_are_told_at_once() -> None:
    assert len(conflicts(asked("a=1", "b==1", "b==2", "c @ https://example.org/c"))) == 3
