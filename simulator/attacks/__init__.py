"""Attacks, one file each below its tactic; the catalogue is what is found there."""

from simulator.attacks.catalogue import Kind, catalogue, named

__all__ = ["Kind", "catalogue", "named"]
