"""What a text is to a linear model: its words or letters, counted and weighed as scikit-learn's vectorizers do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import log, sqrt

import msgspec

from .sums import Cell, Floats, Given


class Words(msgspec.Struct, frozen=True):
    """A column of texts, of which each word that is known stands for a number in the table."""

    column: int
    analyzer: str
    """Whether its pieces are words, letters side by side, or such letters within words: word, char or char_wb."""
    lowercase: bool
    accents: str
    """How accents are taken off: ascii, unicode, or not at all where it is empty."""
    pattern: str
    """Of a word."""
    left_out: list[str]
    """Words that are passed over."""
    shortest: int
    longest: int
    """How many words or letters stand together."""
    known: list[str]
    places: list[int | None]
    """Of each of them, where it stands in the table; None of those that only weigh on the others."""
    binary: bool
    """Whether a word counts once, however often it is there."""
    sublinear: bool
    rarity: list[float]
    """What each count is multiplied by: the inverse document frequency. Empty where it is not."""
    norm: str
    """What the numbers of a text are divided by: l1, l2, or nothing where it is empty."""
    factors: list[float]
    """What each number is multiplied by at last. Empty where it is not."""


Read = Callable[[Given], list[Cell]]
Reader = tuple[int, Read]
"""A column, and what its texts stand for."""


def readers(words: Sequence[Words]) -> list[Reader]:
    """What reads each column of texts."""
    return [(part.column, reader(part)) for part in words]


def worded(found: Sequence[Reader], row: tuple[Given, ...]) -> list[Cell]:
    """What the texts of a row stand for; ValueError where one is missing."""
    return [cell for column, read in found for cell in read(row[column])]


def write(found: Sequence[Reader], rows: Sequence[tuple[Given, ...]], x: Floats) -> None:
    """Put what the rows' texts stand for into the rows of a table."""
    for row, line in zip(rows, x, strict=True):
        for place, number in worded(found, row):
            line[place] = number


def reader(part: Words) -> Read:
    """What a text stands for, in the order of the words that are known."""
    pieces, number_of = cutter(part), {word: i for i, word in enumerate(part.known)}.get
    places, weigh = part.places, weigher(part)

    def read(text: Given) -> list[Cell]:
        if not isinstance(text, str):
            raise ValueError("a text is missing")
        counts: dict[int, int] = {}
        for piece in pieces(text):
            number = number_of(piece)
            if number is not None:
                counts[number] = counts.get(number, 0) + 1
        found = sorted(counts)
        weighed = zip(found, weigh(found, counts), strict=True)
        return [(place, value) for number, value in weighed if (place := places[number]) is not None]

    return read


def weigher(part: Words) -> Callable[[Sequence[int], Mapping[int, int]], list[float]]:
    """What makes numbers of how often words are there."""
    rarity, factors, norm = part.rarity, part.factors, part.norm

    def weigh(found: Sequence[int], counts: Mapping[int, int]) -> list[float]:
        values = [1.0] * len(found) if part.binary else [float(counts[number]) for number in found]
        if part.sublinear:
            values = [log(value) + 1.0 for value in values]
        if rarity:
            values = [value * rarity[number] for value, number in zip(values, found, strict=True)]
        if norm and (length := size(values, norm)):
            values = [value / length for value in values]
        if factors:
            values = [value * factors[number] for value, number in zip(values, found, strict=True)]
        return values

    return weigh


def size(values: Sequence[float], norm: str) -> float:
    """How long they are; one after the other: `sum` adds more exactly than scikit-learn does."""
    found = 0.0
    for value in [value * value for value in values] if norm == "l2" else values:
        found += value
    return sqrt(found) if norm == "l2" else found


def cutter(part: Words) -> Callable[[str], Iterable[str]]:
    """What cuts a text into pieces."""
    find, left_out = re.compile(part.pattern).findall, frozenset(part.left_out)

    def cut(text: str) -> Iterable[str]:
        text = text.lower() if part.lowercase else text
        text = without_accents(text, part.accents) if part.accents else text
        if part.analyzer == "word":
            words: list[str] = find(text)
            if left_out:
                words = [word for word in words if word not in left_out]
            return words if part.longest == 1 else together(words, part)
        if part.analyzer == "char":
            return letters(re.sub(r"\s\s+", " ", text), part)
        return (piece for word in text.split() for piece in within(f" {word} ", part))

    return cut


def together(words: Sequence[str], part: Words) -> Iterator[str]:
    """Words that follow each other."""
    for count in range(part.shortest, min(part.longest, len(words)) + 1):
        for start in range(len(words) - count + 1):
            yield " ".join(words[start : start + count])


def letters(text: str, part: Words) -> Iterator[str]:
    """Letters that follow each other."""
    for count in range(part.shortest, min(part.longest, len(text)) + 1):
        for start in range(len(text) - count + 1):
            yield text[start : start + count]


def within(word: str, part: Words) -> Iterator[str]:
    """The same of one word with its ends; a word that is too short is one piece."""
    return letters(word, part) if len(word) >= part.shortest else iter([word])


def without_accents(text: str, how: str) -> str:
    """The text with plain letters in the place of those that have accents."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKD", text)
    if how == "ascii":
        return plain.encode("ascii", "ignore").decode("ascii")
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
