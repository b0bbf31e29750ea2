"""What a page says: Markdown, numbers, questions, terms, and what search finds."""
