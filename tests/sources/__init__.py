"""Tests of bot/sources/."""
