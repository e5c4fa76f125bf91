"""The plant's edge node: reads signals, keeps them on disk, publishes them as Sparkplug B.

    python3 -m bulkhead.services.gateway /etc/bulkhead/gateway.toml

A sampler thread reads the source and puts values into the outbox (sqlite3); the main thread keeps
the connection and sends from the outbox. What is said to whom is in `bulkhead.wire`'s docstring.
"""
