"""What a page may say of the built-in names."""

import functools
import random

from glassgpt import data
from glassgpt.data.documents import Corpus
from glassgpt.data.order import shuffled
from glassgpt.guide.facts import call
from glassgpt.tokenizers import CharTokenizer

SEED = 42


@functools.cache
def corpus() -> Corpus:
    """The built-in names."""
    return data.load_corpus("names")


@functools.cache
def tokenizer() -> CharTokenizer:
    """Their characters and ids."""
    return CharTokenizer.from_documents(corpus().documents)


@functools.cache
def order() -> list[str]:
    """The names as the lessons shuffle them."""
    return shuffled(corpus().documents, random.Random(SEED))


def id_of(character: str) -> int:
    """The id of a character, or of "BOS"."""
    return tokenizer().bos if character == "BOS" else tokenizer().encode(character)[1]


def character_of(token_id: int) -> str:
    """The character of an id, or "BOS"."""
    return "BOS" if token_id == tokenizer().bos else tokenizer().decode([token_id])


@call
def documents() -> int:
    """How many names there are, repeated ones counted again."""
    return len(corpus().documents)


@call
def distinct() -> int:
    """How many different names there are."""
    return len(set(corpus().documents))


@call
def longest() -> int:
    """The number of characters of the longest name."""
    return max(map(len, corpus().documents))


@call
def shortest() -> int:
    """The number of characters of the shortest name."""
    return min(map(len, corpus().documents))


@call
def mean_length() -> float:
    """The mean number of characters of a name."""
    return sum(map(len, corpus().documents)) / documents()


@call
def of_length(characters: int) -> int:
    """How many names have that number of characters, repeated ones counted again."""
    return sum(len(text) == characters for text in corpus().documents)


@call
def holding(character: str) -> int:
    """How many names have a character in them, repeated ones counted again."""
    return sum(character in text for text in corpus().documents)


@call
def usual_length() -> int:
    """The number of characters that most names have."""
    lengths = [len(text) for text in corpus().documents]
    return max(set(lengths), key=lengths.count)


@call
def characters() -> int:
    """The number of distinct characters."""
    return tokenizer().vocab_size - 1


@call
def vocab() -> int:
    """The number of tokens, BOS included."""
    return tokenizer().vocab_size


@call
def bos() -> int:
    """The id of BOS."""
    return tokenizer().bos


@call
def first(index: int) -> str:
    """The name at that place after the shuffle, from 0."""
    return order()[index]


@call
def letters() -> list[str]:
    """The characters in the order of their ids."""
    return list(tokenizer().characters)
