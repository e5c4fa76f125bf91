"""Evidence: what was found, put so that somebody else can look at it and check it."""
