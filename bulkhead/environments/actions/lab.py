"""The handlers of `lab`: real packets, a real broker, a real historian; time is the wall's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import simpy

from bulkhead.drill.actions import (
    Action,
    Lift,
    Neighbours,
    Plant,
    Publish,
    PutBack,
    Query,
    Reach,
    Unplant,
)
from bulkhead.drill.bridge import Bridge, Failed
from bulkhead.drill.environment import Environment, Handler, Steps
from bulkhead.drill.flows import Cut, Hold, Passes, Release
from bulkhead.drill.incidents import (
    Copy,
    Discard,
    Disconnect,
    Expired,
    Gapless,
    Handshake,
    Impersonate,
    Impostor,
    Reconnect,
    Renew,
    Restore,
    Revoke,
    ShortCertificate,
    Silence,
    TakenOver,
    Telemetry,
    Withdraw,
)
from bulkhead.drill.outcomes import Done, NotObserved, Outcome, Refused
from bulkhead.environments.actions import lab_attempts, lab_services, lab_telemetry
from bulkhead.environments.actions.asking import LAYERS, SERVICE_LAYERS, flow_of
from bulkhead.environments.actions.lab_certificates import Certificates
from bulkhead.environments.actions.lab_flows import Flows
from bulkhead.environments.actions.lab_hosts import Hosts
from bulkhead.environments.actions.lab_impostors import Impostors
from bulkhead.environments.actions.lab_lifting import Lifting
from bulkhead.environments.actions.sim import NO_SERVICES
from bulkhead.errors import BulkheadError
from bulkhead.network.deployed import Deployed
from bulkhead.plan import Plan

if TYPE_CHECKING:
    from bulkhead.environments.standing import Standing

Work = Callable[[Sequence[Any]], Sequence[Outcome]]
SERVED = (Publish, Query, Plant, Unplant)


def environment(standing: "Standing", plan: Plan) -> Environment:
    """The lab that stands, with the hosts and the network that it has now."""
    deployed = standing.deployed()
    hosts = Hosts.of(standing, plan, deployed)
    lifting = _lifting(standing, hosts, deployed)
    table: dict[type[Action], Work] = {
        Neighbours: lambda actions: lab_attempts.neighbours(hosts, actions),
        Reach: lambda actions: lab_attempts.reach(hosts, actions),
        Lift: _each(lambda action: _lift(lifting, hosts, action)),
        PutBack: _each(lambda action: _put_back(lifting, hosts, action)),
    }
    flows = Flows(standing, hosts)
    table |= {
        Hold: _each(flows.hold),
        Release: _each(flows.release),
        Passes: _each(flows.passes),
        Cut: _each(flows.cut),
    }
    if hosts.machines:
        table |= {
            Publish: lambda actions: lab_services.publish(hosts, actions),
            Query: lambda actions: lab_services.query(hosts, actions),
            Plant: _each(lambda action: lab_services.plant(hosts, action)),
            Unplant: _each(lambda action: lab_services.unplant(hosts, action)),
        } | _incidents(hosts)
    handlers: dict[type[Action], Handler] = {kind: _Real(work) for kind, work in table.items()}
    served = (*SERVED, *_incidents(hosts))
    lacks = {} if hosts.machines else dict.fromkeys(served, NO_SERVICES)
    return Environment("lab", Bridge(), handlers, lacks, hostile=True)


def _incidents(hosts: Hosts) -> dict[type[Action], Work]:
    """What happens to gateways, their certificates and what is stored of them."""
    certificates, impostors = Certificates(hosts), Impostors(hosts)
    acts: dict[type[Action], Callable[[Any], Outcome]] = {
        Telemetry: lambda action: lab_telemetry.telemetry(hosts, action),
        Silence: lambda action: lab_telemetry.silence(hosts, action),
        Gapless: lambda action: lab_telemetry.gapless(hosts, action),
        Handshake: impostors.handshake,
        Expired: certificates.expired,
        TakenOver: impostors.taken_over,
        ShortCertificate: certificates.short,
        Renew: certificates.renew,
        Restore: certificates.restore,
        Revoke: certificates.revoke,
        Reconnect: certificates.reconnect,
        Copy: impostors.copy,
        Discard: impostors.discard,
        Impersonate: impostors.impersonate,
        Withdraw: impostors.withdraw,
        Impostor: impostors.impostor,
        Disconnect: certificates.disconnect,
    }
    return {kind: _each(act) for kind, act in acts.items()}


@dataclass(frozen=True, slots=True)
class _Real:
    """Carries out actions in a thread, beside the clock."""

    work: Work

    def perform(self, clock: simpy.Environment, actions: Sequence[Action]) -> Steps:
        """See Handler."""
        if not isinstance(clock, Bridge):
            raise TypeError("packets do not accelerate: the lab needs the clock of the wall")
        found = yield clock.call(lambda: self.work(actions))
        if isinstance(found, Failed):
            raise found.error
        return list(found)


def _each(act: Callable[[Any], Outcome]) -> Work:
    """One action after the other; a host that fails at one says so for that one alone."""

    def work(actions: Sequence[Any]) -> Sequence[Outcome]:
        return [_tried(act, action) for action in actions]

    return work


def _tried(act: Callable[[Any], Outcome], action: Action) -> Outcome:
    try:
        return act(action)
    except BulkheadError as error:
        return NotObserved(reason=str(error))


def _lift(lifting: Lifting, hosts: Hosts, action: Lift) -> Outcome:
    flow = flow_of(action.attempt)
    if SERVICE_LAYERS.get(action.layer) is type(action.attempt):
        why = lab_services.lift(hosts, action.attempt)
    elif flow is None or action.layer not in LAYERS:
        why = f"nothing opens {action.layer} alone"
    else:
        why = lifting.open(flow, LAYERS[action.layer])
    return Refused(layer="lift", reason=why) if why else Done()


def _put_back(lifting: Lifting, hosts: Hosts, action: PutBack) -> Outcome:
    flow = flow_of(action.attempt)
    if SERVICE_LAYERS.get(action.layer) is type(action.attempt):
        lab_services.put_back(hosts, action.attempt)
    elif flow is not None and action.layer in LAYERS:
        lifting.close(flow, LAYERS[action.layer])
    return Done()


def _lifting(standing: "Standing", hosts: Hosts, deployed: Deployed) -> Lifting:
    from infra.accounts import account_id
    from infra.lab.region import launch

    clients = {account_id(alias): client for alias, client in launch.clients(standing.info).items()}
    return Lifting(clients, deployed, hosts.run)
