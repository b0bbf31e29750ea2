"""The C kernel: the lessons' numbers at once, in Python and in the browser.

`glassgpt.h` says what it can do; `core/` are the plain loops, `simd/` the same in
vectors, `figures/` what only teaching needs, `bindings/` how Python calls it. Importing
this package opens nothing and needs no NumPy.
"""
