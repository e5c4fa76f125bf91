"""Names that the program gives its outputs, for whoever reads them without Pulumi."""

PROJECT = "bulkhead"
EXPORTS = ("networks", "subnets", "route_tables", "groups", "transits", "transit_tables")
"""What the shared stack exports for the tenants': ids alone."""
INVENTORY = ("hosts", "addresses", "public")
"""What every stack exports for the inventory: instance ids, private and public addresses."""
