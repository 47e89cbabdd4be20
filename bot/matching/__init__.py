"""Whether, where and why a text answers a query: one fold for live alerts and the archive."""
