"""How the next token is chosen from its probabilities."""

from dataclasses import dataclass

from glassgpt.config.fields import plain
from glassgpt.errors import invalid

COLDEST, HOTTEST = 0.05, 2.0


@dataclass(frozen=True)
class SamplingConfig:
    """The numbers of a choice.

    `temperature` is 0, the most likely, or from 0.05 to 2. `top_k` and `top_p` keep
    only the likeliest tokens: so many, or so much probability. 0 and 1 keep all.
    Raises UsageError for other values.
    """

    temperature: float
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        for name in ("temperature", "top_k", "top_p"):
            object.__setattr__(self, name, plain(getattr(self, name)))
        if self.temperature and not COLDEST <= self.temperature <= HOTTEST:
            why = f"it runs from {COLDEST} to {HOTTEST}, and 0 is the most likely"
            raise invalid("temperature", self.temperature, why, "Try 0.5.")
        if self.top_k < 0:
            raise invalid("top_k", self.top_k, "it is below 0", "0 keeps every token.")
        if not 0 < self.top_p <= 1:
            why = "it must be above 0, at most 1"
            raise invalid("top_p", self.top_p, why, "1 keeps every token.")
