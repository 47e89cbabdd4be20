"""Commands in, replies out: the desk's side. Telegram's types are known in telegram.py only."""
