"""Where moto's EC2 differs from AWS in what decides about packets, mended: one file for each gap.

Every patch has a test that shows the gap closed. They change moto's classes in this process, once.
"""

_applied = False


def apply_patches() -> None:
    """Mend moto in this process; a second time does nothing."""
    global _applied  # noqa: PLW0603 - classes are patched once a process
    if _applied:
        return
    from infra.lab.api.patches import (
        dependencies,
        endpoints,
        flow_logs,
        group_home,
        group_membership,
        group_rules,
        images,
        no_default_vpc,
        private_addresses,
        public_addresses,
        routes,
        termination,
        transit,
    )

    for patch in (
        no_default_vpc,
        private_addresses,
        public_addresses,
        group_home,
        group_membership,
        group_rules,
        routes,
        dependencies,
        termination,
        images,
        endpoints,
        transit,
        flow_logs,
    ):
        patch.patch()
    _applied = True
