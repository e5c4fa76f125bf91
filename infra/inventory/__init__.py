"""The Ansible inventory: a plan and what is deployed, projected into hosts, groups, variables."""
