"""The sentences that matter, taken from the text as it stands."""
