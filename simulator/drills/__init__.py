"""Drills, one file each; the catalogue is what is found there."""

from simulator.drills.catalogue import Kind, catalogue, named

__all__ = ["Kind", "catalogue", "named"]
