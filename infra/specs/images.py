"""Image ids that are ours, not an account's."""

BARE = "ami-0b1d0000000000000"
"""The image of bare hosts: namespaces with a link, in which nothing runs."""
