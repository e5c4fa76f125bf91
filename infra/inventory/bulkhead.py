"""Ansible's inventory of an estate that stands: over stack outputs and the AWS API.

Loaded by Ansible from here (ansible.cfg's inventory_plugins), not imported by ours.
"""

import os
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin

from bulkhead.errors import BulkheadError

DOCUMENTATION = """
name: bulkhead
short_description: Hosts of an estate that stands
description:
  - Reads instance ids and addresses from the engine's stack outputs and from DescribeInstances,
    which must agree, and variables from the blueprint's plan and the deployment.
  - Renews the provisioning certificate, learns host keys from the instances' consoles, and writes
    the configuration by which SSH reaches each host over the bastion.
options:
  plugin:
    description: This plugin's name.
    required: true
    choices: [bulkhead]
  blueprint:
    description: The estate's blueprint; a path, relative to the inventory file.
    type: str
  plan:
    description: In place of the blueprint, a plan's canonical JSON.
    type: str
  env:
    description: Where the estate stands.
    choices: [lab, aws]
    default: lab
  state:
    description:
      - The state directory, relative to the inventory file. By default C(.bulkhead) at the root of
        the project, as for the command.
    type: str
"""
EXAMPLES = """
plugin: bulkhead
blueprint: estate.yaml
env: lab
"""


class InventoryModule(BaseInventoryPlugin):  # type: ignore[misc]
    """See DOCUMENTATION."""

    NAME = "bulkhead"

    def verify_file(self, path: str) -> bool:
        """Whether the file is meant for us: NAME.bulkhead.yml."""
        return bool(super().verify_file(path)) and path.endswith(("bulkhead.yml", "bulkhead.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory. AnsibleParserError with our own words."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        try:
            self._fill(Path(path).resolve().parent)
        except BulkheadError as error:
            raise AnsibleParserError(str(error)) from None

    def _fill(self, folder: Path) -> None:
        site = self._site(folder)
        found = site.inventory()
        arguments = f"-F {site.room.config}"
        rows = {row.name: row for row in (site.ready() if site.kind == "machines" else ())}
        for name, variables in found.hosts.items():
            self.inventory.add_host(name)
            for key, value in variables.items():
                self.inventory.set_variable(name, key, value)
            if row := rows.get(name):
                # The alias, which ssh's configuration resolves: address, key and way at once.
                self.inventory.set_variable(name, "ansible_host", row.name)
                self.inventory.set_variable(name, "ansible_user", "bulkhead")
                self.inventory.set_variable(name, "ansible_ssh_common_args", arguments)
                self.inventory.set_variable(name, "instance_id", row.instance)
                self.inventory.set_variable(name, "address", row.address)
        for group, members in found.groups.items():
            self.inventory.add_group(group)
            for name in members:
                self.inventory.add_child(group, name)

    def _site(self, folder: Path) -> Any:
        from infra.inventory import site
        from infra.place import state_beside

        said = self.get_option("state")
        state = Path(os.path.normpath(folder / said)) if said else state_beside(folder)
        where = self.get_option("env")
        make = {"lab": site.lab, "aws": site.aws}[where]
        return make(state / where, self._plan(folder))

    def _plan(self, folder: Path) -> Any:
        if self.get_option("plan"):
            from bulkhead.plan.restored import restored

            return restored((folder / self.get_option("plan")).read_bytes())
        if not self.get_option("blueprint"):
            raise AnsibleParserError("say which estate: blueprint: FILE (or plan: FILE)")
        from bulkhead.blueprint import expand, load

        return expand(load(folder / self.get_option("blueprint")))
