"""The C kernel: the lessons' numbers at once, in Python and in the browser.

`glassgpt.h` says what it can do. `library` finds and opens it, `model` holds a model of
it as NumPy arrays. Importing this package opens nothing and needs no NumPy.
"""
