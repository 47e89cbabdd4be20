"""The archive asked in the language of the watches."""
