"""From the outbox to the chat: a pure policy and pacing, one worker, one door per medium."""
