"""The Pulumi program: plan -> specs (pure) -> components -> resources."""
