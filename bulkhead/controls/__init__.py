"""Controls: what an auditor asks, read from the environment and never from the plan alone."""
