"""The command: one file per verb; parsing and printing only. Alone imports environments."""
