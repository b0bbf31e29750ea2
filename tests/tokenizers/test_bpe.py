"""Byte pairs, and text that comes token by token."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassgpt import tokenizers
from glassgpt.errors import CheckpointError, GlassGPTError, UsageError
from glassgpt.tokenizers import (
    ByteTokenizer,
    CharTokenizer,
    StreamDecoder,
    Tokenizer,
    bpe,
)
from glassgpt.tokenizers.bpe import BpeTokenizer

SENTENCES = ["the cat sat on the mat", "der Bär mag Süßes", "日本語のテキスト 😀"] * 20
texts = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.fixture(scope="module")
def pairs() -> BpeTokenizer:
    return bpe.train(SENTENCES, 300)


def test_pairs_are_learned_and_are_fewer_than_bytes(pairs: BpeTokenizer) -> None:
    assert 257 < pairs.vocab_size <= 300
    tokens = pairs.encode(SENTENCES[0])
    assert tokens[0] == tokens[-1] == pairs.bos == pairs.vocab_size - 1
    assert len(tokens) < len(SENTENCES[0])


def test_learning_twice_gives_the_same(pairs: BpeTokenizer) -> None:
    assert bpe.train(SENTENCES, 300) == pairs


@given(texts)
def test_any_text_comes_back(pairs: BpeTokenizer, text: str) -> None:
    assert pairs.decode(pairs.encode(text)) == text
    assert pairs.encode_many([text, "a"])[0] == pairs.encode(text)[1:-1]


def test_a_lone_surrogate_becomes_a_question_mark(pairs: BpeTokenizer) -> None:
    assert pairs.decode(pairs.encode("a\ud800b")) == "a?b"


def test_it_is_kept_as_json_and_writes_without_the_library(
    pairs: BpeTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = pairs.encode("der Bär 😀")
    kept = tokenizers.from_json(json.loads(json.dumps(pairs.to_json())))
    assert kept == pairs
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    assert kept.decode(tokens) == "der Bär 😀"
    with pytest.raises(GlassGPTError, match="missing tokenizers, which bpe needs"):
        kept.encode("a")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"model": {"type": "BPE"}}', "x"])
def test_another_json_is_an_error(text: str) -> None:
    with pytest.raises(CheckpointError, match="invalid tokenizer: bpe"):
        BpeTokenizer(text)


def test_ids_with_a_gap_are_an_error(pairs: BpeTokenizer) -> None:
    changed = json.loads(pairs.json)
    changed["model"]["vocab"]["a"] = 9999
    with pytest.raises(CheckpointError):
        BpeTokenizer(json.dumps(changed))


def test_a_vocabulary_below_the_bytes_is_an_error() -> None:
    with pytest.raises(UsageError, match="256 bytes and BOS are the least"):
        bpe.train(SENTENCES, 256)


def test_an_id_out_of_range_is_an_error(pairs: BpeTokenizer) -> None:
    with pytest.raises(UsageError, match="invalid token id"):
        pairs.decode([pairs.vocab_size])


@given(st.data())
def test_text_that_comes_token_by_token_is_the_text(
    pairs: BpeTokenizer, data: st.DataObject
) -> None:
    characters = CharTokenizer(tuple(sorted("ab é😀")))
    tokenizers: list[Tokenizer] = [pairs, ByteTokenizer(), characters]
    for tokenizer in tokenizers:
        ids = data.draw(st.lists(st.integers(0, tokenizer.bos), max_size=30))
        spelling = StreamDecoder(tokenizer)
        parts = [spelling.feed(token) for token in ids]
        assert "".join(parts) + spelling.end() == tokenizer.decode(ids)


def test_a_character_in_parts_is_given_when_it_is_whole() -> None:
    spelling = StreamDecoder(ByteTokenizer())
    parts = [spelling.feed(byte) for byte in "a😀".encode()]
    assert parts == ["a", "", "", "", "😀"]
    assert spelling.end() == ""
