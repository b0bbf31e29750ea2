"""Text to token ids and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassgpt import tokenizers
from glassgpt.errors import CheckpointError, UsageError
from glassgpt.tokenizers import ByteTokenizer, CharTokenizer, Tokenizer

letters = st.text(st.characters(exclude_categories=["Cs"]))
document_sets = st.lists(letters)
ABC = CharTokenizer(("a", "b", "c"))


@given(document_sets)
def test_every_document_comes_back_from_its_tokens(documents: list[str]) -> None:
    tokenizer = CharTokenizer.from_documents(documents)
    for document in documents:
        ids = tokenizer.encode(document)
        assert ids[0] == ids[-1] == tokenizer.bos
        assert len(ids) == len(document) + 2
        assert tokenizer.decode(ids) == document
        assert tokenizer.decode(tokenizer.encode_prefix(document)) == document


@given(document_sets)
def test_ids_follow_the_code_points_and_bos_is_last(documents: list[str]) -> None:
    tokenizer = CharTokenizer.from_documents(documents)
    points = [ord(character) for character in tokenizer.characters]
    assert points == sorted(set(points))
    assert tokenizer.bos == len(points) == tokenizer.vocab_size - 1


@given(letters)
def test_bytes_bring_any_text_back(text: str) -> None:
    tokenizer = ByteTokenizer()
    ids = tokenizer.encode(text)
    assert ids == [256, *text.encode(), 256]
    assert tokenizer.decode(ids) == text


def test_the_ids_of_a_known_word_are_these() -> None:
    assert ABC.encode("cab") == [3, 2, 0, 1, 3]
    assert ABC.encode_prefix("cab") == [3, 2, 0, 1]
    assert ABC.encode("") == [3, 3]
    assert ABC.encode_prefix("") == [3]


def test_decode_drops_bos_wherever_it_stands() -> None:
    assert ABC.decode([0, 3, 1, 3, 3, 2]) == "abc"
    assert ByteTokenizer().decode([97, 256, 98]) == "ab"


def test_bytes_that_are_no_utf_8_are_decoded_with_the_replacement_character() -> None:
    assert ByteTokenizer().decode([256, 0xC3, 97]) == "\ufffda"


def test_an_unknown_character_is_named_with_those_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        CharTokenizer.from_documents(["rene"]).encode("ren\u00e9")
    assert str(caught.value) == "unknown character: '\u00e9'"
    assert caught.value.remedy == "Did you mean 'e'? There is enr"


def test_the_other_case_of_an_unknown_character_is_suggested() -> None:
    with pytest.raises(UsageError) as caught:
        ABC.encode_prefix("A")
    assert caught.value.remedy.startswith("Did you mean 'a'?")


def test_an_unknown_control_character_is_shown_escaped() -> None:
    with pytest.raises(UsageError) as caught:
        ABC.encode("\n")
    assert str(caught.value) == "unknown character: '\\n'"


@pytest.mark.parametrize("token", [-1, 4, 1_000])
def test_an_id_out_of_range_is_a_usage_error(token: int) -> None:
    with pytest.raises(UsageError, match=f"invalid token id: {token}"):
        ABC.decode([token])


@pytest.mark.parametrize(
    "characters", [("b", "a"), ("a", "a"), ("ab",), ("",), ("a", "bc")]
)
def test_characters_must_be_single_different_and_sorted(
    characters: tuple[str, ...],
) -> None:
    with pytest.raises(UsageError):
        CharTokenizer(characters)


@pytest.mark.parametrize("tokenizer", [ABC, ByteTokenizer()])
def test_json_brings_the_same_tokenizer_back(tokenizer: Tokenizer) -> None:
    assert tokenizers.from_json(tokenizer.to_json()) == tokenizer


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        {},
        "bytes",
        {"kind": "words"},
        {"kind": "characters"},
        {"kind": "characters", "characters": ""},
        {"kind": "characters", "characters": "ba"},
        {"kind": "characters", "characters": ["a", "b"]},
        {"kind": "bytes", "characters": "ab"},
        {"kind": "characters", "characters": "ab", "more": 1},
    ],
)
def test_json_that_is_no_tokenizer_is_a_checkpoint_error(bad: object) -> None:
    with pytest.raises(CheckpointError):
        tokenizers.from_json(bad)


def test_the_public_names_have_the_lessons_ids() -> None:
    tokenizer = CharTokenizer.from_documents(["abcdefghijklmnopqrstuvwxyz"])
    assert tokenizer.vocab_size == 27
    assert tokenizer.encode("emma") == [26, 4, 12, 12, 0, 26]
