"""The Pulumi program: components from specs; evaluated by mocks, or run by the engine."""
