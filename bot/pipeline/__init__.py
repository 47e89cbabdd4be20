"""Load → decide → apply: thin flows between the pure rooms and the doors."""
