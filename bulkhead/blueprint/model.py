"""The blueprint's schema: what an estate.yaml may say. Strict, closed and frozen."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bulkhead.blueprint.fields import (
    AllowedName,
    Day,
    Duration,
    Endpoints,
    EntrantRef,
    Level,
    Maintenance,
    Name,
    OwnerRef,
    PersonRef,
    Pool,
    Ports,
    PublicAddress,
    Region,
    Text,
)

Rating = Literal["none", "low", "medium", "high"]
HostedKind = Literal["ingest", "processing", "storage"]
CustomerRole = Literal["operator", "engineer", "admin", "auditor"]
ProviderRole = Literal["operator", "support", "vendor"]
Requirement = Literal["FR1", "FR2", "FR3", "FR4", "FR5", "FR6", "FR7"]
Count = Annotated[int, Field(ge=1, le=200)]
Slot = Annotated[int, Field(ge=1, le=200)]


class Strict(BaseModel):
    """Unknown keys and converted types are refused; nothing changes after loading."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Consequence(Strict):
    """How bad it is if the zone is lost, in three respects."""

    safety: Rating
    production: Rating
    confidentiality: Rating


class Target(Strict):
    """SL-T: the security level wanted for each foundational requirement, 0 to 4."""

    FR1: Level = Field(description="identification and authentication control")
    FR2: Level = Field(description="use control")
    FR3: Level = Field(description="system integrity")
    FR4: Level = Field(description="data confidentiality")
    FR5: Level = Field(description="restricted data flow")
    FR6: Level = Field(description="timely response to events")
    FR7: Level = Field(description="resource availability")

    def vector(self) -> tuple[int, int, int, int, int, int, int]:
        """FR1 to FR7, in that order."""
        return (self.FR1, self.FR2, self.FR3, self.FR4, self.FR5, self.FR6, self.FR7)


class ZoneSpec(Strict):
    """What a zone of one kind is worth, what it needs, and why."""

    consequence: Consequence
    target: Target
    reason: Text


class ZoneDefaults(Strict):
    """One specification for every zone kind of the estate."""

    ingest: ZoneSpec
    processing: ZoneSpec
    storage: ZoneSpec
    admin: ZoneSpec
    egress: ZoneSpec
    audit: ZoneSpec
    ot: ZoneSpec
    ai: ZoneSpec
    it: ZoneSpec


class ApprovalSpec(Strict):
    """The asset owner's word, with its day."""

    by: PersonRef
    date: Day


class ZoneOverride(Strict):
    """What differs from the estate's default, and why; an own approval if it was given apart."""

    consequence: Consequence | None = None
    target: Target | None = None
    reason: Text
    approval: ApprovalSpec | None = None


class SiteZones(Strict):
    """Overrides for the zones of a plant."""

    ot: ZoneOverride | None = None
    ai: ZoneOverride | None = None
    it: ZoneOverride | None = None


class TenantZones(SiteZones):
    """Overrides for a tenant's zones; those of the plant hold for all its sites."""

    ingest: ZoneOverride | None = None
    processing: ZoneOverride | None = None
    storage: ZoneOverride | None = None


class ExceptionSpec(Strict):
    """Accepts, until a day, that the tier falls short of a target."""

    zones: tuple[HostedKind, ...] = Field(min_length=1)
    covers: tuple[Requirement, ...] = Field(min_length=1)
    reason: Text
    owner: PersonRef
    approver: PersonRef
    expires: Day


class ConduitSpec(Strict):
    """A declared way. `authenticate` and `mediator` say who may pass and who checks.

    by: how the networks of both ends meet. An `endpoint` leads to a `service` of AWS, for which
    the role in `to` stands where there is no AWS.
    """

    name: Name
    source: Endpoints = Field(alias="from")
    to: Endpoints
    protocol: Literal["tcp", "udp", "icmp"]
    port: Ports | None = None
    authenticate: Literal["mtls", "tls-server", "ssh-certificate", "none"]
    mediator: Text | None = None
    path: Literal["private", "public"] = "private"
    by: Literal["peering", "endpoint"] = "peering"
    service: Literal["s3", "kms", "secretsmanager", "logs", "ssm"] | None = None
    reason: Text


class IdentityDefault(Strict):
    """Who answers for identities of a kind, and how their credentials live and die."""

    owner: OwnerRef
    lifetime: Duration
    rotation: Text
    revocation: Text


class IdentityDefaults(Strict):
    """One policy per kind of identity."""

    human: IdentityDefault
    device: IdentityDefault
    workload: IdentityDefault


class IdentityOverride(Strict):
    """What differs from the estate's policy."""

    owner: OwnerRef | None = None
    lifetime: Duration | None = None
    rotation: Text | None = None
    revocation: Text | None = None


class IdentityOverrides(Strict):
    """Differences by kind."""

    human: IdentityOverride | None = None
    device: IdentityOverride | None = None
    workload: IdentityOverride | None = None


class PersonSpec(Strict):
    """Somebody with a name, a way to reach them, and a place in the escalation, if any."""

    id: Name
    name: Text
    contact: Text
    escalation: Annotated[int, Field(ge=1, le=20)] | None = None


class CustomerPerson(PersonSpec):
    """One of the customer's people."""

    roles: tuple[CustomerRole, ...] = Field(min_length=1)


class ProviderPerson(PersonSpec):
    """One of the provider's people."""

    roles: tuple[ProviderRole, ...] = Field(min_length=1)


class PlaneHosts(Strict):
    """How many hosts of each role the shared plane has."""

    bastion: Count = 1
    proxy: Count = 1
    logstore: Count = 1


class TenantHosts(Strict):
    """How many hosts of each role a tenant has."""

    broker: Count = 1
    ingest: Count = 1
    inference: Count = 1
    historian: Count = 1


class AllowSpec(Strict):
    """A name outside that may be resolved and reached: who answers for it, why, until when.

    `*.` in front (in quotes, for YAML) means every name below it. On the last day it still holds;
    after it the entry stays in the file and does nothing.
    """

    egress: AllowedName
    owner: PersonRef
    reason: Text
    expires: Day


class EntrySpec(Strict):
    """Lets people of the provider enter the tenant's hosted zones, from one day to another.

    `who` is one of the provider's people (`shared/olga`), or all of a role (`provider.operator`).
    Without such an entry nobody of the provider has an account on the tenant's hosts.
    """

    who: EntrantRef
    reason: Text
    approver: PersonRef
    start: Day = Field(alias="from")
    expires: Day


class SharedPlane(Strict):
    """The provider's own zones and people."""

    approval: ApprovalSpec
    hosts: PlaneHosts = PlaneHosts()
    management: Literal["peering", "transit"] | None = Field(
        default=None,
        description="how the plane meets tenants' networks; transit where peerings run out",
    )
    people: tuple[ProviderPerson, ...] = Field(min_length=1, max_length=500)
    identities: IdentityOverrides = IdentityOverrides()
    allow: tuple[AllowSpec, ...] = Field(default=(), max_length=200)


class FunctionSpec(Strict):
    """An essential function and how long the plant can do without seeing it."""

    name: Text
    tolerable_loss_of_view: Duration


class MaintenanceSpec(Strict):
    """A recurring window in which work is welcome."""

    when: Maintenance
    reason: Text


class FreezeSpec(Strict):
    """Days, both included, on which nothing may change."""

    first: Day
    last: Day
    reason: Text


class GatewaySpec(Strict):
    """A gateway in a plant's inference IDMZ. `slot` fixes its inside address for good."""

    name: Name
    slot: Slot
    address: PublicAddress
    serial: Text


class PlcSpec(Strict):
    """A legacy controller that cannot protect itself, behind the gateway that speaks for it."""

    name: Name
    slot: Slot
    behind: Name
    model: Text


class SpindleSpec(Strict):
    """A spindle: its bearing's model and its nominal speed in revolutions per minute."""

    bearing: Text
    speed_rpm: Annotated[int, Field(ge=1, le=200_000)]


class MachineSpec(Strict):
    """A machine on the floor, behind a gateway or a PLC."""

    name: Name
    kind: Name
    behind: Name
    spindles: tuple[SpindleSpec, ...] = Field(min_length=1, max_length=100)


class SiteSpec(Strict):
    """A plant. `slot` (1 to 8) fixes its addresses within the tenant's block for good."""

    id: Name
    slot: Annotated[int, Field(ge=1, le=8)]
    conduit: Literal["firewall", "diode"] = Field(
        default="firewall",
        description="between ot and ai: `firewall`, declared conduits and their answers pass; "
        "`diode`, telemetry leaves ot and nothing comes back, not even an answer",
    )
    gateways: tuple[GatewaySpec, ...] = Field(min_length=1, max_length=200)
    plcs: tuple[PlcSpec, ...] = Field(default=(), max_length=200)
    machines: tuple[MachineSpec, ...] = Field(default=(), max_length=2000)
    zones: SiteZones = SiteZones()


class TenantSpec(Strict):
    """A customer. `block` fixes its part of the address pool for good."""

    id: Name
    tier: Text
    block: Annotated[int, Field(ge=2, le=255)]
    approval: ApprovalSpec
    fail_mode: Literal["close", "island"]
    authority: Name
    functions: tuple[FunctionSpec, ...] = Field(min_length=1, max_length=100)
    people: tuple[CustomerPerson, ...] = Field(min_length=1, max_length=500)
    sites: tuple[SiteSpec, ...] = Field(min_length=1, max_length=8)
    hosts: TenantHosts = TenantHosts()
    zones: TenantZones = TenantZones()
    exceptions: tuple[ExceptionSpec, ...] = ()
    maintenance: tuple[MaintenanceSpec, ...] = ()
    freezes: tuple[FreezeSpec, ...] = ()
    identities: IdentityOverrides = IdentityOverrides()
    allow: tuple[AllowSpec, ...] = Field(default=(), max_length=200)
    entry: tuple[EntrySpec, ...] = Field(default=(), max_length=200)
    conduits: tuple[ConduitSpec, ...] = Field(default=(), max_length=200)


Granted = Annotated[int, Field(ge=1, le=100_000)]


class Quotas(Strict):
    """What the AWS accounts were granted, where it differs from AWS's defaults."""

    vpcs_per_region: Granted | None = None
    subnets_per_vpc: Granted | None = None
    elastic_ips: Granted | None = None
    peerings_per_vpc: Granted | None = None
    rules_per_group: Granted | None = None
    entries_per_acl: Granted | None = None
    routes_per_table: Granted | None = None


class Estate(Strict):
    """A hosting provider's estate."""

    estate: Name
    region: Region
    pool: Pool = "10.0.0.0/8"
    quotas: Quotas = Quotas()
    zones: ZoneDefaults
    shared: SharedPlane
    identities: IdentityDefaults
    conduits: tuple[ConduitSpec, ...] = Field(min_length=1, max_length=200)
    tenants: tuple[TenantSpec, ...] = Field(min_length=1, max_length=254)
