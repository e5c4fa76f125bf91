"""The one place where sim, lab and aws are put together. Each module is one environment's."""
