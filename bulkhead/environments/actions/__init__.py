"""What each environment does when a drill asks for an action: one table for each."""
