"""The network: what is intended, what is deployed, what that computes to, and what differs."""
