"""Bulkhead: stand up, break and prove a hosted OT platform."""
