"""Machines of the lab: systemd-nspawn on overlays of one baked image, each in a host's network.

They are not user-namespaced: root inside is the machine's root, held back by capabilities,
namespaces and read-only kernel settings, as containers of their kind are.
"""
