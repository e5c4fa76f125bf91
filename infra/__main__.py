"""The Pulumi program's front door: `pulumi up` from the project's root, one stack per tenant.

Configuration (`pulumi config set`): `blueprint` (path of the estate file), `image` (AMI id),
`accounts` (alias to id) and `roles` (alias to role ARN); `sshKey` (the operator's public key, one
line), which hosts accept until they are configured; `before` (path of the estate file as it was),
against which a preview says what the blueprint loosens. The stack's name is a tenant's id,
`shared`, or `logs`: log storage comes first, for the others' logs go there.
"""

from pathlib import Path

import pulumi

from bulkhead.blueprint import expand, load
from bulkhead.errors import BulkheadError
from bulkhead.plan.loosening import loosened
from infra.program.build import build
from infra.program.target import Target
from infra.specs.logs import AUDIT
from infra.specs.project import specs

config = pulumi.Config("bulkhead")
target = Target(
    accounts=config.require_object("accounts"),
    roles=config.get_object("roles") or {},
    image=config.require("image"),
    endpoint=config.get("endpoint"),
    access_key=config.get("accessKey"),
    secret_key=config.get("secretKey"),
    standins=config.get_bool("standins") or False,
    ssh_key=config.get("sshKey"),
)
try:
    plan = expand(load(Path(config.require("blueprint"))))
    stacks = specs(plan, standins=target.standins)
    before = config.get("before")
    for line in loosened(expand(load(Path(before))), plan) if before else ():
        pulumi.log.warn(f"loosens: {line}")
except BulkheadError as error:
    # A RunError is shown without a traceback.
    raise pulumi.RunError(str(error)) from None
if pulumi.get_stack() not in stacks:
    raise pulumi.RunError(
        f"stack {pulumi.get_stack()}: the blueprint has none of that name; "
        f"it has {', '.join(stacks)}"
    )
spec = stacks[pulumi.get_stack()]
if nameless := sorted({*spec.accounts, AUDIT} - set(target.accounts)):
    raise pulumi.RunError(
        f"bulkhead:accounts: no id for {', '.join(nameless)}; "
        f"`pulumi config set --path bulkhead:accounts.{nameless[0]} 123456789012`"
    )
build(spec, target)
