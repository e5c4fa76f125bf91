"""The object store of logs, on its host: its bucket and policies, and what it really refuses.

    python3 -m bulkhead.services.objectstore settle FILE    # bucket, retention, who may put where
    python3 -m bulkhead.services.objectstore probe FILE     # every attempt of `worm`, as JSON

FILE is a TOML file (see `config`). Both run as root on the host, with the store's own root
credentials, which never leave it.
"""
