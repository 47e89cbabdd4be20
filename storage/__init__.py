"""The embedded database: the only place with SQL."""
