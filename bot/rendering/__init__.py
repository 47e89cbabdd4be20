"""Nouns to rich text, and rich text to Telegram's HTML, plain lines or a terminal."""
