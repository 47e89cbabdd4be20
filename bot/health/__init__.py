"""Is a source well? What its polls show is compared with its own normal. Pure."""
