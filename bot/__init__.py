"""Tidewaiter: polls where trade policy is made, matches, and tells each chat once."""
