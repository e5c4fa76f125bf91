"""The lab's `aws` provider: the engine's gRPC protocol on one side, the region's API on the other.

The engine starts it as a plugin, one process per provider instance (see `install`). One file per
resource type lies in `types/`; everything common to types is in `resource` and `lifecycle`.
"""
