"""What `data inspect` knows about documents."""

import json

import pytest

from glassgpt.cli.view.inspection import inspection_lines
from glassgpt.data.documents import parse_documents, read
from glassgpt.data.inspection import Inspection, inspect
from glassgpt.errors import UsageError


def inspected(text: str, block_size: int = 16) -> Inspection:
    return inspect(parse_documents(text.encode(), "here"), block_size)


def test_documents_distinct_duplicates_and_blanks_are_counted() -> None:
    facts = inspected("bob\nanna\n\nbob\n \nbob\nanna\ncy\n")
    assert (facts.documents, facts.distinct, facts.duplicates) == (6, 3, 3)
    assert facts.blank == 2
    assert facts.commonest == (("bob", 3), ("anna", 2))


def test_spaces_that_are_trimmed_at_the_beginning_are_counted() -> None:
    facts = inspected("def f():\n    return 1\n\n   \n\tpass\nend  \n")
    assert (facts.indented, facts.blank) == (2, 2)
    assert any("beginning of 2 documents" in line for line in inspection_lines(facts))
    assert inspected("anna\n").indented == 0


def test_the_vocabulary_is_sorted_and_counts_every_occurrence() -> None:
    assert list(inspected("anna\nbob\n").vocabulary.items()) == [
        ("a", 2),
        ("b", 2),
        ("n", 2),
        ("o", 1),
    ]


def test_lengths_are_in_characters() -> None:
    lengths = inspected("a\nbb\nbb\n\U0001f600cccc\n").lengths
    assert (lengths.shortest, lengths.median, lengths.mean) == (1, 2.0, 2.5)
    assert lengths.longest == 5
    assert lengths.histogram == {1: 1, 2: 2, 5: 1}


def test_a_document_as_long_as_the_block_loses_its_end_and_no_character() -> None:
    cut = inspected("abc\nabcd\nabcdef\n", block_size=4).cut
    assert (cut.documents, cut.characters) == (2, 2)


def test_a_block_with_room_for_the_end_cuts_nothing() -> None:
    cut = inspected("abc\nabcd\n", block_size=5).cut
    assert (cut.documents, cut.characters) == (0, 0)


def test_a_rare_character_is_odd_and_given_with_an_example() -> None:
    facts = inspected("anna\n" * 1_000 + "ren\u00e9\n")
    (odd,) = facts.odd
    assert (odd.character, odd.code) == ("\u00e9", "U+00E9")
    assert odd.name == "latin small letter e with acute"
    assert (odd.documents, odd.example) == (1, "ren\u00e9")


def test_a_character_in_a_thousandth_of_the_documents_is_not_odd() -> None:
    assert inspected("anna\n" * 999 + "ren\u00e9\n").odd == ()


def test_a_rare_lower_case_ascii_letter_is_not_odd() -> None:
    assert inspected("anna\n" * 2_000 + "q\n").odd == ()


@pytest.mark.parametrize("character", ["\ufeff", "\x1b", "\u200b", "\u2028", "\ue000"])
def test_a_character_that_cannot_be_seen_is_odd_however_common(character: str) -> None:
    (odd,) = inspected(f"a{character}a\n").odd
    assert odd.character == character
    assert odd.name


def test_an_example_from_a_long_document_is_short_and_shows_the_character() -> None:
    (odd,) = inspected("a" * 5_000 + "\x07" + "a" * 5_000).odd
    assert "\x07" in odd.example
    assert len(odd.example) <= 40


def test_the_longest_document_is_given() -> None:
    assert inspected("bob\nalexandria\ncy\n").longest_document == "alexandria"


def test_a_block_size_below_one_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="invalid block_size: 0"):
        inspected("anna\n", block_size=0)


def test_the_json_holds_the_same_facts() -> None:
    facts = inspected("bob\nbob\na\x07\n")
    read = json.loads(json.dumps(facts.to_json()))
    assert read["documents"] == 3
    assert read["commonest"] == [["bob", 2]]
    assert read["lengths"]["histogram"] == {"2": 1, "3": 2}
    assert read["odd"][0]["code"] == "U+0007"
    assert read["cut"] == {"block_size": 16, "documents": 0, "characters": 0}
    assert read["vocabulary"] == {"\x07": 1, "a": 1, "b": 4, "o": 2}


def test_the_built_in_names_hold_nothing_odd_and_are_not_cut() -> None:
    facts = inspect(read("names"))
    assert facts.odd == ()
    assert facts.cut.characters == 0
    assert facts.lengths.longest == 15
