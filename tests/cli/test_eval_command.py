"""glassgpt eval: held-out loss and baselines, or one document token by token."""

import math
from pathlib import Path

import pytest
from support.commands import Call

import glassgpt


def test_eval_prints_the_loss_and_the_baselines(call: Call, trained: Path) -> None:
    done = call("eval", trained)
    assert (done.status, done.err) == (0, "")
    loss, baselines = done.lines
    assert loss.startswith("held-out loss ") and "(20 documents, " in loss
    assert baselines.startswith("baselines: uniform 3.2958, letter ")


def test_eval_json_is_what_python_measures(call: Call, trained: Path) -> None:
    (found,) = call("eval", trained, "--json").json
    measured = glassgpt.load(trained).evaluate()
    assert measured is not None
    assert found == measured.to_json()
    assert list(found["baselines"])[2:] == ["bigram", "trigram", "place"]
    assert found["perplexity"] == pytest.approx(math.exp(found["loss"]))


def test_eval_docs_limits_how_many_or_takes_all(call: Call, trained: Path) -> None:
    (found,) = call("eval", trained, "--eval-docs", 25, "--json").json
    assert found["documents"] == 25
    words = Path("words.txt")
    words.write_text("\n".join(f"emma{a}{b}" for a in "abcdef" for b in "ghijkl"))
    on = ("eval", trained, "--data", words, "--json")
    assert call(*on).json[0]["documents"] == 20
    assert call(*on, "--eval-docs", "all").json[0]["documents"] == 36


def test_eval_text_shows_each_token(call: Call, trained: Path) -> None:
    (found,) = call("eval", trained, "--text", "emma", "--json").json
    pairs = [(row["from"], row["token"]) for row in found["tokens"]]
    assert pairs == [("BOS", "e"), ("e", "m"), ("m", "m"), ("m", "a"), ("a", "BOS")]
    losses = [row["loss"] for row in found["tokens"]]
    assert found["loss"] == pytest.approx(sum(losses) / 5)
    assert [math.exp(-loss) for loss in losses] == [r["p"] for r in found["tokens"]]
    plain = call("eval", trained, "--text", " emma ").lines
    assert plain[0].startswith(" BOS -> e    p 0.0")
    assert plain[-1] == f"mean loss {found['loss']:.4f} over 5 tokens"


def test_eval_text_says_what_the_block_leaves_out(call: Call, trained: Path) -> None:
    done = call("eval", trained, "--text", "emmaolivia")
    assert done.lines[-1].endswith("over 6 tokens; the block leaves out 5 more")


def test_eval_of_a_run_without_held_out_documents_is_an_error(call: Call) -> None:
    Path("few.txt").write_text("emma\nava\n")
    train = ("train", "--step", 0, "--steps", 2, "--data", "few.txt", "--out", "run")
    assert call(*train).status == 0
    done = call("eval", "run")
    assert (done.status, done.out) == (1, "")
    why = "fewer than 20 documents were left out of training"
    assert done.error[0] == f"invalid run: run; {why}"
    assert "--holdout" in done.error[1]
