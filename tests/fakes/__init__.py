"""Stand-ins for the outside, faked at the wire: a Bot API server, a feed server, and a clock."""
