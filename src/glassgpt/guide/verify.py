"""What "Verify this page" compares with: numbers of the lessons, found here, now.

The page's own kernel is then held to them in the reader's browser. Losses and gradients
are the reference engine's; the names that a whole training ends with, and the held-out
loss, are those of the native kernel, which other tests hold to the lessons.
"""

import random
from typing import Any

from glassgpt.config import preset
from glassgpt.data.order import shuffled
from glassgpt.engines.reference.engine import ReferenceEngine
from glassgpt.guide.cache import kept_fact
from glassgpt.guide.content.writing import Page
from glassgpt.guide.facts import names, trainings
from glassgpt.tokenizers import CharTokenizer

STEPS = 20
WORD = "emma"
# relative, and absolute near zero: the contract's, kernel against lesson
TOLERANCES = {
    "losses": 1e-7,
    "gradient": 1e-10,
    "slopes": 1e-8,
    "heldout": 1e-9,
}


def steps_of(page: Page) -> list[int]:
    """The steps whose models a page shows; none for a page without figures."""
    if not page.figures:
        return []
    given = {one["props"].get("step") for one in page.figures.values()}
    found = {int(step) for step in given if step is not None}
    if page.source.step is not None:
        found.add(page.source.step)
    return sorted(found) or [5]


@kept_fact
def expected(step: int) -> dict[str, Any]:
    """The numbers of a step's model on the built-in names, with their tolerances.

    `losses` of the first STEPS steps; `gradient` of WORD at the first weights, all of
    them in the kernel's order, empty for Step 0; `names` and `heldout` after training.
    """
    rng = random.Random(names.SEED)
    documents = shuffled(names.corpus().documents, rng)
    tokenizer = CharTokenizer.from_documents(documents)
    record = preset(f"step{step}").with_vocabulary(tokenizer.vocab_size)
    lesson = ReferenceEngine(record, rng)
    gradient: list[float] = []
    if step:
        _, found = lesson.gradients(tokenizer.encode(WORD))
        gradient = [float(x) for tensor in found.values() for x in tensor.values]
    batches = [[tokenizer.encode(text)] for text in documents[:STEPS]]
    return {
        "step": step,
        "word": WORD,
        "losses": list(lesson.train_steps(0, batches)),
        "gradient": gradient,
        "names": trainings.samples(step),
        "heldout": trainings.heldout(step),
        "tolerances": TOLERANCES,
    }
