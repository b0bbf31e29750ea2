"""What flags and commands of other programs are called here."""

# by the letters of their name, in lower case
_FLAGS = {
    "temp": "--temperature",
    "t": "--temperature",
    "topk": "--top-k",
    "topp": "--top-p",
    "numsamples": "-n",
    "n": "-n",
    "start": "--prompt",
    "maxiters": "--steps",
    "maxsteps": "--steps",
    "iters": "--steps",
    "numsteps": "--steps",
    "epochs": "--steps",
    "dataset": "--data",
    "input": "--data",
    "file": "--data",
    "outdir": "--out",
    "output": "--out",
    "o": "--out",
    "continue": "--resume",
    "randomseed": "--seed",
    "valsplit": "--holdout",
    "testsize": "--holdout",
    "v": "--version",
}
_SETTINGS = {
    "lr": "learning_rate",
    "learningrate": "learning_rate",
    "nlayer": "n_layer",
    "layers": "n_layer",
    "numlayers": "n_layer",
    "nhead": "n_head",
    "heads": "n_head",
    "numheads": "n_head",
    "nembd": "n_embd",
    "embd": "n_embd",
    "dmodel": "n_embd",
    "hidden": "n_embd",
    "width": "n_embd",
    "block": "block_size",
    "blocksize": "block_size",
    "contextlength": "block_size",
    "seqlen": "block_size",
    "batch": "batch_docs",
    "batchsize": "batch_docs",
    "b": "batch_docs",
    "optimizer": "optimizer",
    "weightdecay": "weight_decay",
    "warmup": "warmup_steps",
    "warmupsteps": "warmup_steps",
    "gradclip": "grad_clip",
    "clip": "grad_clip",
    "momentum": "momentum",
    "beta1": "beta1",
    "beta2": "beta2",
    "dtype": "dtype",
    "tokenizer": "tokenizer",
    "schedule": "schedule",
    "evalinterval": "eval_every",
    "compile": "compile",
}
_COMMANDS = {
    "version": "--version",
    "help": "--help",
    "generate": "sample",
    "predict": "sample",
    "write": "sample",
    "evaluate": "eval",
    "test": "eval",
    "fit": "train",
    "resume": "train --resume --out DIR",
    "list": "runs",
    "ls": "runs",
    "serve": "guide",
    "benchmark": "bench",
}


def flag(given: str, flags: list[str]) -> str:
    """What a foreign flag is called here; "" where this command has nothing like it."""
    name = _letters(given)
    if (ours := _FLAGS.get(name, "")) in flags:
        return ours
    if name in _SETTINGS and "--set" in flags:
        return f"--set {_SETTINGS[name]}=VALUE"
    return ""


def command(given: str) -> str:
    """What a foreign command is called here, or ""."""
    return _COMMANDS.get(_letters(given), "")


def _letters(given: str) -> str:
    return "".join(c for c in given.lower() if c.isalnum())
