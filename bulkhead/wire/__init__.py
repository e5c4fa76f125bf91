"""What crosses a wire: topics, payloads, certificate profiles. Pure; no I/O."""
