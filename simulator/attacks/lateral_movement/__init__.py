"""ATT&CK for ICS tactic TA0109, Lateral Movement."""
