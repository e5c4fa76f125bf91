"""Components: each a function from a piece of the specs to a few resources. They decide nothing."""
