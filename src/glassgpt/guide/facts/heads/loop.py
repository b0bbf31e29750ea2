"""What a page may say of the loop over heads, and of the matrix that combines them."""

from glassgpt.guide import states
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.facts import call
from glassgpt.guide.facts.names import SEED, corpus, id_of
from glassgpt.guide.facts.results.pairs import (
    SEEDS,
    differences,
    heldout_of,
    losses,
    own_kernel,
)
from glassgpt.guide.facts.results.scores import LESSON, evenness_of, kernel_in
from glassgpt.training.session import Session

STEP = 4


@call
@kept_fact
def head_evenness(state: str, which: str) -> float:
    """Of Step 4's heads in a state the `least` even one's entropy, or the `most`.

    It is a share of what even weights have, over held-out names.
    """
    engine = kernel_in(STEP, state)
    heads = range(engine.record.model.n_head)
    found = [evenness_of(engine, slice(head, head + 1)) for head in heads]
    return {"least": min(found), "most": max(found)}[which]


@call
def head_score(character: str, head: int, state: str = LESSON) -> float:
    """A head's score of a name's first letter, at its place, with BOS before it."""
    engine = kernel_in(STEP, state)
    engine.loss([id_of("BOS"), id_of(character), id_of("BOS")])
    return float(engine.kernel.activations["scores"][0, head, 1, 0])


@call
@kept_fact
def wo_as_identity(state: str = LESSON) -> float:
    """By how much the held-out loss rises with the identity for a trained attn_wo."""
    session = states.session(STEP, state, "kernel")
    before = heldout_of(session)
    _identity(session)
    return heldout_of(session) - before


@call
@kept_fact
def trained_apart(state: str) -> dict[str, float]:
    """What training with the identity for attn_wo adds to the held-out loss."""
    found = []
    for seed in range(SEED, SEED + SEEDS):
        record = states.record_of(STEP, state).with_settings(seed=seed)
        session = Session(record, corpus(), "kernel")
        for done in range(record.train.num_steps):
            _identity(session)
            session.engine.train_step(done, session.batch(done))
        _identity(session)
        found.append(heldout_of(session))
    return differences(found, losses(STEP, state))


def _identity(session: Session) -> None:
    """Let each head add its slice where it stands."""
    wo = own_kernel(session).kernel.weights["layer0.attn_wo"]
    wo[:] = 0
    for i in range(wo.shape[0]):
        wo[i, i] = 1
