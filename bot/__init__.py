"""Tidewaiter: polls where trade policy is made, matches, and tells each chat once."""

VERSION = "0.1.0"
