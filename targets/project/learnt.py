"""What a model's encoders and vectorizers have learnt, by column; it runs without deployc, beside the probe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any  # a model's library has no types: what it holds is looked at, not known

Names = Sequence[str]
Learnt = tuple[str, Sequence[object]]
"""A column, and values of it."""
DEEPEST = 8


def categories(model: Any, names: Names = ()) -> Iterator[Learnt]:
    """The values that some encoder within the model knows; `names` are the columns that it is given, if known."""
    for part, given in _within(model, names):
        found = getattr(part, "categories_", ())
        for name, values in zip(given, found, strict=False) if len(given) == len(found) else ():
            plain = [v for v in values.tolist() if isinstance(v, str | int | float) and v == v]
            if plain and values.dtype.kind != "M":
                yield name, plain


def words(model: Any, names: Names = ()) -> Iterator[Learnt]:
    """The words, or letters side by side, that some vectorizer of a column's texts within the model knows."""
    for part, given in _within(model, names):
        if hasattr(part, "vocabulary_") and len(given) == 1:
            yield given[0], [*map(str, part.vocabulary_)]


def _within(part: Any, names: Names, depth: int = 0) -> Iterator[tuple[Any, Names]]:
    """The part and all that it is made of, with the columns that each of them is given."""
    if depth > DEEPEST:
        return
    if hasattr(part, "feature_names_in_"):
        names = [*map(str, part.feature_names_in_)]
    yield part, names
    for inner, given in _given(part, names):
        yield from _within(inner, given, depth + 1)


def parts(part: Any) -> Iterator[Any]:
    """What a pipeline, a column transformer, a union or a meta-estimator is made of."""
    yield from (inner for inner, _ in _given(part, ()))


def _given(part: Any, names: Names) -> Iterator[tuple[Any, Names]]:
    """What a part is made of, and the columns that each of these is given."""
    for number, (_, inner) in enumerate(getattr(part, "steps", ())):
        yield inner, () if number else names
    for _, inner, wanted in getattr(part, "transformers_", ()):
        yield inner, _selected(names, wanted)
    for _, inner in getattr(part, "transformer_list", ()):
        yield inner, names
    for attribute in ("estimator", "estimator_", "best_estimator_", "regressor_"):
        if hasattr(part, attribute):
            yield getattr(part, attribute), names


def _selected(names: Names, wanted: Any) -> Names:
    """The columns that a column transformer gives one of its parts: it names, numbers, slices or flags them."""
    if isinstance(wanted, slice):
        return names[wanted] if all(isinstance(end, int | None) for end in (wanted.start, wanted.stop)) else ()
    listed = [wanted] if isinstance(wanted, str | int) else [*wanted]
    if all(isinstance(one, str) for one in listed):
        return [*map(str, listed)]
    if len(listed) == len(names) and all(type(one).__name__ in ("bool", "bool_") for one in listed):
        return [name for name, chosen in zip(names, listed, strict=True) if chosen]
    return [names[int(one)] for one in listed] if all(-len(names) <= int(one) < len(names) for one in listed) else ()


def by_column(found: Iterator[Learnt]) -> Mapping[str, Sequence[object]]:
    """All values of each column, which several encoders may have learnt."""
    known: dict[str, dict[object, None]] = {}
    for name, values in found:
        known.setdefault(name, {}).update(dict.fromkeys(values))
    return {name: [*values] for name, values in known.items()}
