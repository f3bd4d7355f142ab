"""A person's wallet: keys per relation, what was last seen of each, directives with their openings."""
