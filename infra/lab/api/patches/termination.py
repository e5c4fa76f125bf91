"""A terminated instance gives back its addresses and its interfaces; a refused one leaves nothing.

moto keeps the interface of an instance (with its address, so that the subnet can never be deleted),
its Elastic IP, and an empty reservation where none could be started; it starts terminated ones.
"""

from typing import Any

from infra.lab.api.patches.means import exchange


def _free(backend: Any, interface: Any) -> None:
    for address in backend.addresses:
        if address.eni is interface:
            address.eni = address.instance = address.association_id = None
    interface.public_ip = None


def patch() -> None:
    """Delete interfaces with their instance unless asked otherwise, and free addresses."""
    from moto.ec2.models.instances import Instance, InstanceBackend

    prepare, terminate, run = Instance.prep_nics, Instance.terminate, InstanceBackend.run_instances

    def prep_nics(self: Any, nic_spec: list[dict[str, Any]], *args: Any, **kwargs: Any) -> None:
        kept = {int(n["DeviceIndex"]) for n in nic_spec if n.get("DeleteOnTermination") is False}
        given = {int(n["DeviceIndex"]) for n in nic_spec if n.get("NetworkInterfaceId")}
        prepare(self, nic_spec, *args, **kwargs)
        for index, interface in self.nics.items():
            interface.delete_on_termination = index not in kept | given

    def terminate_and_free(self: Any) -> Any:
        for interface in self.nics.values():
            _free(self.ec2_backend, interface)
        before = terminate(self)
        for interface in self.nics.values():
            # A deleted one answers for the instance's addresses, and is deleted only once.
            interface.delete_on_termination = False
            if interface.id in self.ec2_backend.enis:
                interface.instance = interface.attachment_id = interface.attach_time = None
                interface.status = "available"
        return before

    def run_instances(self: Any, *args: Any, **kwargs: Any) -> Any:
        reservations, interfaces = dict(self.reservations), dict(self.enis)
        volumes = dict(self.volumes)
        try:
            return run(self, *args, **kwargs)
        except Exception:
            for known, before in (
                (self.reservations, reservations),
                (self.enis, interfaces),
                (self.volumes, volumes),
            ):
                for made in known.keys() - before.keys():
                    del known[made]
            raise

    def network_interfaces(self: Any) -> list[Any]:
        return [] if self._state.name == "terminated" else list(self.nics.values())

    exchange(
        Instance,
        network_interfaces=property(network_interfaces),
        prep_nics=prep_nics,
        terminate=terminate_and_free,
    )
    exchange(InstanceBackend, run_instances=run_instances)
    for name in ("start_instances", "stop_instances", "reboot_instances"):
        _not_once_terminated(InstanceBackend, name)


def _not_once_terminated(backend_kind: Any, name: str) -> None:
    original = getattr(backend_kind, name)

    def refuse_terminated(self: Any, instance_ids: list[str]) -> Any:
        from moto.ec2.exceptions import EC2ClientError

        for instance in self.get_multi_instances_by_id(instance_ids):
            if instance.state == "terminated":
                text = f"The instance '{instance.id}' is not in a state from which it can do this."
                raise EC2ClientError("IncorrectInstanceState", text)
        return original(self, instance_ids)

    exchange(backend_kind, **{name: refuse_terminated})
