"""The one-machine region: provider, API, fabric, hosts."""
