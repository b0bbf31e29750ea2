"""What the last build came to, and a way to wait for the next."""

import json
import threading
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class State:
    """Which build is shown, and what is wrong with the newest one."""

    build: int = 0
    error: str = ""
    remedy: str = ""


class Status:
    """The state, told to every page that is open."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._state = State()

    @property
    def state(self) -> State:
        """As it is now."""
        return self._state

    def good(self) -> None:
        """A build is done: pages are to show it."""
        self._set(State(self._state.build + 1))

    def bad(self, error: str, remedy: str) -> None:
        """A build failed: the one before stays."""
        self._set(State(self._state.build, error, remedy))

    def _set(self, state: State) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()

    def after(self, state: State | None, seconds: float) -> State:
        """The state when it is another than this one, or after so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._state is not state, seconds)
            return self._state

    def event(self, state: State) -> bytes:
        """A state as an event of a stream."""
        return f"data: {json.dumps(asdict(state))}\n\n".encode()
