"""The nouns: frozen, slotted, keyword-only dataclasses; the standard library only."""
