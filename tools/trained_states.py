"""Make the trained states that figures of Steps 3 to 5 show, in guide/states/.

A tool for development: it trains each from the start, seconds for the longest, and
writes its weights and the manifest. Run it from the root of the repository, for all or
for some by name:

    python tools/trained_states.py [step3-sgd-1000 ...]
"""

import hashlib
import json
import sys

from glassgpt.errors import unknown
from glassgpt.guide import states

EVERY = {
    states.file_of(step, state).stem: (step, state)
    for step in states.MODELS
    for state in states.TRAINED
}


def main(names: list[str]) -> None:
    """Make those of these names, all where none is given."""
    for name in names:
        if name not in EVERY:
            raise unknown("state", name, EVERY)
    file = states.FOLDER / "manifest.json"
    states.FOLDER.mkdir(exist_ok=True)
    kept = states.manifest() if file.exists() else {}
    for name in names or EVERY:
        step, state = EVERY[name]
        body = states.make(step, state)
        states.file_of(step, state).write_bytes(body)
        kept[f"{name}.bin"] = {
            "sha256": hashlib.sha256(body).hexdigest(),
            "record": {"step": step, "seed": 42, **states.settings(step, state)},
            "command": states.command_of(step, state),
        }
        print(f"{name}: {len(body):,} bytes")
    text = json.dumps(kept, indent=1, sort_keys=True) + "\n"
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
