"""What to say of a run's documents before it trains, and of its loss when it has."""

import math

from glassgpt.config import Record
from glassgpt.config.record import WITH_ATTENTION
from glassgpt.data.documents import Corpus
from glassgpt.data.heldout import share_for
from glassgpt.data.loader import DataLoader
from glassgpt.evaluation import FEWEST, Evaluation, can_measure
from glassgpt.tokenizers import Tokenizer

# with fewer to learn from, larger batches and models predicted worse
_ENOUGH_TO_LEARN = 700


def cut_documents(corpus: object, record: Record, tokenizer: Tokenizer) -> str:
    """How many documents the block cuts, and what to do; "" where it cuts none."""
    if not isinstance(corpus, Corpus) or record.most_tokens is None:
        return ""
    block = record.model.block_size
    if tokenizer.vocab_size == len(corpus.characters) + 1:
        lengths = [len(document) + 1 for document in corpus.documents]
    else:
        lengths = [len(tokenizer.encode(text)) - 1 for text in corpus.documents]
    cut = sum(length > block for length in lengths)
    if not cut:
        return ""
    line = f"block_size {block} cuts {cut:,} of {len(lengths):,} documents"
    whole = f"--set block_size={max(lengths)}"
    return f"{line}: {whole}, or --set doc_mode=chunk"


def few_held_out(corpus: object, record: Record, loader: DataLoader) -> str:
    """How few documents are left to measure on, and what would give enough."""
    if not isinstance(corpus, Corpus) or not can_measure():
        return ""
    train = record.train
    if train.holdout:
        kept = len(loader.heldout(FEWEST))
    else:
        kept = corpus.distinct - len(set(loader.trained()))
    if kept >= FEWEST:
        return ""
    line = f"{kept} documents are left out of training, and a held-out loss takes "
    return f"{line}{FEWEST}: {enough_held_out(corpus, record)}"


def enough_held_out(corpus: Corpus, record: Record) -> str:
    """Which share, or how many more documents, would leave enough to measure on."""
    train = record.train
    share = share_for(corpus.documents, train.seed, FEWEST)
    more = math.ceil(1.5 * FEWEST / (train.holdout or 0.1))
    if share is None:
        return f"with --holdout {train.holdout or 0.1:g} about {more} different ones do"
    many = f", as do about {more} different documents" if train.holdout else ""
    return f"--holdout {share:g} keeps as many{many}"


def next_to_try(
    evaluation: Evaluation, record: Record, trained: int, there: int
) -> str:
    """What to try where counting triples predicts better; "" where it does not.

    `trained` is how many different documents it learnt from, of `there`. What is
    advised was measured (benchmarks/RESULTS.md, "When counting is better").
    """
    if evaluation.loss <= evaluation.baselines.get("trigram", math.inf):
        return ""
    line = "counting triples (trigram) still predicts better: "
    if trained < min(_ENOUGH_TO_LEARN, there // 2):
        seen = f"it has seen {trained:,} of {there:,} documents"
        return f"{line}try more steps, {seen}"
    if trained < _ENOUGH_TO_LEARN:
        many = f"{trained:,} different documents are few"
        return f"{line}{many}; more steps or weights only learn them by heart"
    if record.model.step not in WITH_ATTENTION:
        return f"{line}steps 3 to 5 look further back"
    larger = "--set batch_docs=8 " * (record.train.batch_docs < 8)
    larger += "--set n_embd=32" * (record.model.n_embd < 32)
    return f"{line}try {larger.rstrip()}" if larger else ""
