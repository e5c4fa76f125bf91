"""Where plans become things: the Pulumi program and the lab's region."""
