"""The blocks of a page: what stands between three backticks and has a name.

One file a subject, found by itself. A function marked `@block("note")` writes the
blocks of that name; its HTML is a template in templates/blocks/.
"""
