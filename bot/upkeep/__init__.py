"""Staying up: when a backup is due, whether the service lives, what its figures are. Pure."""
