"""Programs that run on hosts of their own; they need nothing of ours but `bulkhead.wire`."""
