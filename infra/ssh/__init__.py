"""SSH as an operator uses it: keys and certificates, strict host keys, the way by the bastion."""
