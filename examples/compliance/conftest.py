"""Brings the estate's controls and hosts into this suite; see test_estate.py."""

pytest_plugins = ["bulkhead.environments.pytest_plugin"]
