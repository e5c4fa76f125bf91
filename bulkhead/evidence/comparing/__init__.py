"""Isolation tiers side by side: what each makes of one estate. Pure but for its own data files."""
