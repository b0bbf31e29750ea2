"""The C kernel: the lessons' numbers at once, in Python and in the browser.

`glassgpt.h` says what it can do. `core/` are the plain loops of models and training,
`simd/` the same in vectors, `isa/` picks which of them run. `base/` has numbers, random
numbers and memory, `corpus/` the documents that are held out and counted, `figures/`
what only teaching needs, `bindings/` how Python calls it all. Importing this package
opens nothing and needs no NumPy.
"""
