"""Values in, decisions out: the rules of the after-sales service, in the standard library alone."""
