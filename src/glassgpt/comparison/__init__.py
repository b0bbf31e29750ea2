"""The six steps side by side: what was measured, a picture, a page."""
