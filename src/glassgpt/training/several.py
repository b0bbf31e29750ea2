"""Several models trained on the same documents, a stretch of steps of each in turn.

In the kernel a stretch is one call for all of them, which reads the documents once. The
other engines train one model after another.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from glassgpt.errors import DivergedError, Interrupted
from glassgpt.training.events import Listener, Stepped, ignore
from glassgpt.training.interrupts import stop_requests
from glassgpt.training.loop import announce, train_steps
from glassgpt.training.session import Session

# what of a record says which documents a step takes, and in which library it is made
_SHARED = (
    *("seed", "order", "holdout", "batch_docs", "num_steps", "doc_mode", "tokenizer"),
    "dtype",
)


def train_all(
    sessions: Sequence[Session], listen: Listener = ignore
) -> list[DivergedError | None]:
    """Train every session to its last step; the error of each that diverges.

    Those in a row that can share calls of the kernel do. Ctrl-C raises Interrupted.
    """
    errors: list[DivergedError | None] = []
    for shared, alike in groupby(sessions, _shared):
        if shared:
            errors += _in_one_call(list(alike), listen)
        else:
            errors += [_alone(session, listen) for session in alike]
    return errors


def _shared(session: Session) -> tuple[Any, ...]:
    """Equal for sessions that can share a call; empty for those that go alone."""
    model, train = session.record.model, session.record.train
    if session.engine.name != "kernel" or train.eval_every or session.losses:
        return ()
    block = model.block_size if train.doc_mode == "pack" else 0
    return id(session.corpus), block, *(getattr(train, name) for name in _SHARED)


def _alone(session: Session, listen: Listener) -> DivergedError | None:
    try:
        train_steps(session, listen)
    except DivergedError as error:
        return error
    return None


def _in_one_call(
    sessions: Sequence[Session], listen: Listener
) -> list[DivergedError | None]:
    """All of them in the kernel, as many steps at a time as keep Ctrl-C answered."""
    from glassgpt.engines.kernel import train_several

    for session in sessions:
        announce(session, listen)
    num_steps = sessions[0].record.train.num_steps
    at_once = min(session.engine.steps_at_once for session in sessions)
    errors: list[DivergedError | None] = [None] * len(sessions)
    with stop_requests() as asked_to_stop:
        for start in range(0, num_steps, at_once):
            live = [i for i, error in enumerate(errors) if error is None]
            if not live:
                break
            end = min(start + at_once, num_steps)
            batches = sessions[0].batches(start, end - start)
            engines: list[Any] = [sessions[i].engine for i in live]
            trained = train_several(engines, start, batches)
            for i, (losses, errors[i]) in zip(live, trained, strict=True):
                _append(sessions[i], losses, listen)
            if asked_to_stop() and end < num_steps:
                raise Interrupted(f"stopped at step {end}", "Nothing was saved.")
    return errors


def _append(session: Session, losses: Sequence[float], listen: Listener) -> None:
    for loss in losses:
        session.losses.append(loss)
        listen(Stepped(len(session.losses), loss))
