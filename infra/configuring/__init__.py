"""Configuring hosts that stand: ansible-playbook in a process of its own, followed as it works."""
