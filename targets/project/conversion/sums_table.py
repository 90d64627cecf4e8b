"""What stands in a linear model's table: numbers of a row, and columns that its categories or texts decide on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import add, mul, sub, truediv

NUMBERS = ("boolean", "integer", "long", "float", "double")
Value = str | int | float | bool | None
Cell = tuple[int, float]
Step = tuple[str, float, str]
"""What is done to a column, with which value, and the dtype that the result has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A column of the model's input."""

    place: int
    name: str
    kind: str
    optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A column of numbers, and what has been done to it."""

    source: Source
    read: str
    """The dtype that it has at first."""
    dtype: str
    steps: tuple[Step, ...] = ()
    width = 1

    def done(self, name: str, values: Sequence[float], dtype: str) -> Number:
        return replace(self, dtype=dtype, steps=(*self.steps, (name, float(values[0]), dtype)))

    def looked_at(self) -> Choice:
        """The column where it goes: what has to be finite is so still."""
        filled = any(name == "fill" for name, _, _ in self.steps)
        return Choice(source=self.source, base=(), known=(), cells=(None,), refuses=not filled, ranges=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """A column of what is no number; a text may stand for what is missing."""

    source: Source
    fill: str | None = None
    width = 1
    dtype = "object"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Columns that one column of the input decides on: which number stands in which of them."""

    source: Source
    base: tuple[float, ...]
    """What stands in them otherwise."""
    known: tuple[Value, ...]
    """The lower edges of ranges, where `ranges` says so; else values."""
    cells: tuple[Cell | None, ...]
    other: Cell | None = None
    """Of all other values; of what is missing, where there are ranges."""
    refuses: bool = False
    """Whether there is no such other value."""
    ranges: bool = False
    dtype: str = "float64"

    @property
    def width(self) -> int:
        return len(self.base)

    def done(self, name: str, values: Sequence[float], dtype: str) -> Choice:
        def changed(cell: Cell | None) -> Cell | None:
            return cell and (cell[0], CHANGES[name](cell[1], float(values[cell[0]])))

        return replace(
            self,
            base=tuple(CHANGES[name](x, float(value)) for x, value in zip(self.base, values, strict=True)),
            cells=tuple(map(changed, self.cells)),
            other=changed(self.other),
            dtype=dtype,
        )

    def kept(self, places: Mapping[int, int]) -> Choice:
        """With some of its columns, from old places to new ones."""

        def moved(cell: Cell | None) -> Cell | None:
            return (places[cell[0]], cell[1]) if cell and cell[0] in places else None

        base = tuple(value for place, value in enumerate(self.base) if place in places)
        return replace(self, base=base, cells=tuple(map(moved, self.cells)), other=moved(self.other))


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Columns that the words of a text decide on: how often each stands in it, and what that is multiplied by."""

    source: Source
    reading: Mapping[str, str | bool | int | list[str]]
    """How a text is cut into pieces."""
    known: tuple[str, ...]
    places: tuple[int | None, ...]
    """Of each known word, the column where it stands; None where it goes, and only weighs on the others."""
    binary: bool
    sublinear: bool = False
    rarity: tuple[float, ...] = ()
    norm: str = ""
    factors: tuple[float, ...] = ()
    dtype: str = "float64"

    @property
    def width(self) -> int:
        return sum(place is not None for place in self.places)

    def done(self, name: str, values: Sequence[float], dtype: str) -> Words:
        """ValueError for what makes of no word at all anything but 0."""
        if name not in ("multiply", "divide"):
            raise ValueError("a step that makes numbers of missing words stands behind a vectorizer")
        made = [1.0 if place is None else CHANGES[name](1.0, float(values[place])) for place in self.places]
        return replace(self, factors=tuple(map(mul, self.factors or [1.0] * len(made), made)), dtype=dtype)

    def kept(self, places: Mapping[int, int]) -> Words:
        found = tuple(None if place is None else places.get(place) for place in self.places)
        return replace(self, places=found)


CHANGES: Mapping[str, Callable[[float, float], float]] = {
    "subtract": sub,
    "divide": truediv,
    "multiply": mul,
    "add": add,
    "at least": lambda x, low: low if x < low else x,
    "at most": lambda x, high: high if x > high else x,
    "fill": lambda x, value: value if x != x else x,
    "take": lambda x, _: x,
}
Part = Number | Other | Choice | Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What the original has at some point. Of a dense one the numbers of a column may lie side by side."""

    parts: tuple[Part, ...]
    by_column: bool = False
    sparse: bool = False

    @property
    def width(self) -> int:
        return sum(part.width for part in self.parts)

    @property
    def dtype(self) -> str:
        """What an array of the whole table has: float32 if all columns have, else float64."""
        return "float32" if {part.dtype for part in self.parts} == {"float32"} else "float64"


def rows(columns: Sequence[tuple[str, str, bool]], *, named: bool) -> Table:
    """The model's columns, (name, MLflow's type, optional); those of an array, which has no names, have one type."""
    single = all(kind == "float" for _, kind, _ in columns)
    parts: list[Part] = []
    for place, (name, kind, optional) in enumerate(columns):
        source = Source(place=place, name=name, kind=kind, optional=optional)
        dtype = "float32" if kind == "float" and (named or single) else "float64"
        parts.append(Number(source=source, read=dtype, dtype=dtype) if kind in NUMBERS else Other(source=source))
    return Table(parts=tuple(parts), by_column=named)


def select(table: Table, positions: Sequence[int], *, by_column: bool) -> Table:
    """Some of the columns, in the order of `positions`."""
    if any(isinstance(part, Choice | Words) for part in table.parts):
        if [*positions] == [*range(table.width)]:
            return table
        raise ValueError("columns are chosen from what an encoder or a vectorizer makes")
    return replace(table, parts=tuple(table.parts[p] for p in positions), by_column=by_column)


def keep(table: Table, wanted: Sequence[bool]) -> Table:
    """The columns that are wanted, in their order. Whatever the others refuse is refused as before."""
    made: list[Part] = []
    gone: list[Part] = []
    start = 0
    for part in table.parts:
        kept = [place for place in range(part.width) if wanted[start + place]]
        start += part.width
        if isinstance(part, Choice | Words):
            made.append(part.kept({place: number for number, place in enumerate(kept)}))
        elif kept or isinstance(part, Other):
            made.append(part)
        else:
            gone.append(part.looked_at())
    # those that go have no width: behind the others, they do not part these from each other
    return replace(table, parts=(*made, *gone))


def beside(tables: Sequence[Table], *, sparse: bool = False) -> Table:
    """Tables side by side, as one array."""
    if len(tables) == 1:
        return replace(tables[0], sparse=sparse)
    wide = [table.by_column for table in tables if table.width > 1]
    parts = tuple(part for table in tables for part in table.parts)
    return Table(parts=parts, by_column=bool(wide) and all(wide), sparse=sparse)


def each(table: Table, name: str, values: Sequence[float]) -> Table:
    """Something done to all columns, with a value for each."""
    made: list[Part] = []
    start, dtype = 0, table.dtype
    for part in numeric(table).parts:
        assert not isinstance(part, Other)
        made.append(part.done(name, values[start : start + part.width], dtype))
        start += part.width
    return replace(table, parts=tuple(made))


def numeric(table: Table) -> Table:
    """The table; ValueError when a column of it is no number."""
    for part in table.parts:
        if isinstance(part, Other):
            raise ValueError(f"the column `{part.source.name}` of type {part.source.kind} is taken for a number")
    return table
