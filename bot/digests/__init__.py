"""When a chat's digest is due, and what stands in it."""
