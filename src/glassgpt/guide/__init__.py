"""The guide: its pages, built from Markdown by Python, and the server that shows them.

Serving needs the standard library only. Building needs what the extra `guide` installs.
"""
