"""The loop that trains, over any engine. It prints nothing: events tell of it."""

from glassgpt.checkpoints.run_folder import ReadOnlyFolder
from glassgpt.evaluation import Evaluation, why_unmeasured
from glassgpt.training.events import (
    Evaluated,
    Listener,
    Noted,
    Saved,
    Started,
    Stepped,
    ignore,
)
from glassgpt.training.interrupts import stop_requests
from glassgpt.training.recorder import Recorder, recorder_of
from glassgpt.training.result import Result
from glassgpt.training.session import Session
from glassgpt.training.throughput import Throughput


def train(
    session: Session, listen: Listener = ignore, folder: ReadOnlyFolder | None = None
) -> Result:
    """Go on from where a session is until the last step, then measure and sample.

    With a folder, losses are logged there and checkpoints published. Ctrl-C saves
    and raises Interrupted. Raises DivergedError when the loss is not a number.
    """
    recorder = recorder_of(session, folder)
    for text in [] if session.losses else session.notes():
        listen(Noted(text))
    seconds = train_steps(session, listen, recorder)
    evaluation = measure(session, listen, recorder)
    result = Result(session.losses, session.samples(), evaluation, seconds)
    recorder.finish(result)
    return result


def train_steps(
    session: Session, listen: Listener = ignore, recorder: Recorder | None = None
) -> float:
    """The steps of `train` alone; the seconds that they took."""
    announce(session, listen)
    recorder = recorder or Recorder(session)
    engine, settings, losses = session.engine, session.record.train, session.losses
    throughput = Throughput(settings.num_steps, len(losses))
    with stop_requests() as asked_to_stop, recorder:
        while not session.finished:
            throughput.start()
            new = engine.train_steps(len(losses), session.next_batches())
            try:
                for loss in new:
                    losses.append(loss)
                    throughput.stop()
                    listen(Stepped(len(losses), loss))
                    throughput.start()
            except OSError:
                losses.extend(new)  # the engine may be ahead of what was told
                raise
            throughput.stop()
            step = len(losses)
            if measured := throughput.measured(step, engine.metrics()):
                listen(measured)
                recorder.measured(measured)
            recorder.log()
            evaluates = is_due(step, settings.eval_every) and not session.finished
            if evaluates and (evaluation := session.evaluate()):
                listen(evaluated := Evaluated(step, evaluation))
                recorder.evaluated(evaluated)
            if is_due(step, settings.checkpoint_every) or session.finished:
                recorder.save()
            tell_saved(recorder, listen)
            if engine.group.any(asked_to_stop()) and not session.finished:
                error = recorder.interrupted()
                tell_saved(recorder, listen)
                raise error
    return throughput.seconds


def announce(session: Session, listen: Listener) -> None:
    """Tell what will train, and how long it may take."""
    if session.note:
        listen(Noted(session.note))
    start = len(session.losses)
    left = session.record.train.num_steps - start
    expected = left * session.seconds_a_step() if left else 0.0
    listen(Started(session.record, session.engine.name, start, expected))


def measure(
    session: Session, listen: Listener = ignore, recorder: Recorder | None = None
) -> Evaluation | None:
    """Tell the held-out loss after training, or why there is none."""
    evaluation = session.evaluate()
    if recorder:
        recorder.wait()
        tell_saved(recorder, listen)
    if evaluation:
        listen(Evaluated(len(session.losses), evaluation))
    else:
        listen(Noted(why_unmeasured()))
    return evaluation


def tell_saved(recorder: Recorder, listen: Listener) -> None:
    """Tell of the checkpoints that have come to be there."""
    for step in recorder.published():
        listen(Saved(step))


def is_due(step: int, every: int) -> bool:
    """Whether something that comes `every` so many steps, 0 for never, comes now."""
    return every > 0 and step % every == 0
