"""Where labels go: the cases that Python and TypeScript share."""

import json

from support import CASES

from glassgpt.comparison.labels import spread


def test_labels_keep_apart_as_the_shared_cases_say() -> None:
    cases = json.loads((CASES / "labels.json").read_text("utf-8"))
    assert len(cases) >= 10
    for case in cases:
        places = case.pop("places")
        assert spread(**case) == places, case
