"""The engine's gRPC protocol: each call is translated, judged, and answered in plain words."""

import contextlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from infra.lab.provider import config, types, wire
from infra.lab.provider.aws import Aws
from infra.lab.provider.check import Naming, check, diff
from infra.lab.provider.errors import Failed, sentence
from infra.lab.provider.lifecycle import Lifecycle, PartlyMade, foreseen
from infra.lab.provider.notes import Notes
from infra.lab.provider.resource import Resource
from infra.lab.provider.wire import Props

pb: Any = provider_pb2
IDENTITY = "aws:index/getCallerIdentity:getCallerIdentity"


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One provider instance. notes: where to remember what is being made (see `notes`)."""

    def __init__(self, version: str, notes: Path) -> None:
        self.version, self.notes = version, Notes(notes)
        self.life: Lifecycle | None = None
        self.held: dict[str, Props] = {}
        """Inputs that the engine's state has, by URN: what a creation would replace."""
        self.cancelled = False

    # --- what the provider is, and its configuration

    def Handshake(self, request: Any, context: Any) -> Any:
        """What this provider understands."""
        return pb.ProviderHandshakeResponse(
            accept_secrets=True, supports_autonaming_configuration=True
        )

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """The version that the SDK expects."""
        return plugin_pb2.PluginInfo(version=self.version)

    def GetSchema(self, request: Any, context: Any) -> Any:
        """The least schema: programs use pulumi_aws' own classes."""
        return pb.GetSchemaResponse(schema=json.dumps({"name": "aws", "version": self.version}))

    def Cancel(self, request: Any, context: Any) -> Any:
        """Begin nothing new; what is under way ends."""
        self.cancelled = True
        return Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:
        """Refuse what cannot be honoured, and endpoints that are not of this machine."""
        props, secrets = wire.load(request.news)
        failures = _failures(config.complaints(props), "aws")
        return pb.CheckResponse(inputs=wire.dump(props, secrets), failures=failures)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        """Another region is another provider; all else is a change of how to reach it."""
        old, new = (
            wire.load(part)[0] for part in (request.old_inputs or request.olds, request.news)
        )
        names = sorted(n for n in {*old, *new} if n[0] != "_" and old.get(n) != new.get(n))
        return _difference(names, [name for name in names if name == "region"], False)

    def Configure(self, request: Any, context: Any) -> Any:
        """Take the provider's arguments. Nothing is called yet."""
        with _plainly(context, "configuring the provider aws"):
            given, _ = wire.load(request.args)
            for name, value in request.variables.items():
                given.setdefault(name.removeprefix("aws:config:"), value)
            if not wire.is_unknown(given):
                self.life = Lifecycle(Aws(config.config(given)), self.notes)
        return pb.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    def Invoke(self, request: Any, context: Any) -> Any:
        """The one function that programs need: who am I."""
        with _plainly(context, f"calling {request.tok}"):
            if request.tok != IDENTITY:
                raise Failed("the lab's provider does not implement this function")
            said = self._life().aws.client("sts").get_caller_identity()
            answer = {"accountId": said["Account"], "arn": said["Arn"], "userId": said["UserId"]}
        return pb.InvokeResponse(**{"return": wire.dump(answer | {"id": said["Account"]})})

    # --- resources

    def Check(self, request: Any, context: Any) -> Any:
        """Complete the inputs; name what is refused."""
        olds, _ = wire.load(request.olds)
        news, secrets = wire.load(request.news)
        with _plainly(context, f"checking {_what(request.urn)}"):
            type_ = types.type_of(_token(request.urn))
            if olds:
                self.held[request.urn] = olds
            inputs, failures = check(type_, news, olds, _naming(request))
        said = _failures(failures, type_.kind)
        return pb.CheckResponse(inputs=wire.dump(inputs, secrets), failures=said)

    def Diff(self, request: Any, context: Any) -> Any:
        """What changes, and what of it replaces."""
        state, new = wire.load(request.olds)[0], wire.load(request.news)[0]
        old = wire.load(request.old_inputs)[0] or state
        with _plainly(context, f"comparing {_what(request.urn)}"):
            type_ = types.type_of(_token(request.urn))
            found = diff(type_, old, state, new, self._defaults())
        changed = [n for n in found.changed if n not in request.ignoreChanges]
        replacing = [n for n in found.replacing if n in changed]
        return _difference(changed, replacing, found.delete_first)

    def Create(self, request: Any, context: Any) -> Any:
        """Make it, or foresee it."""
        want, secrets = wire.load(request.properties)
        with _plainly(context, f"creating {_what(request.urn)}"):
            type_ = types.type_of(_token(request.urn))
            if request.preview:
                shown = foreseen(type_, want, {}, self._defaults())
                return pb.CreateResponse(properties=_dump(type_, shown, secrets))
            if self.cancelled:
                raise Failed("cancelled before it began")
            held = self.held.get(request.urn, {})
            try:
                id_, state = self._life().create(type_, request.urn, want, held)
            except PartlyMade as partly:
                _partly_made(context, type_, partly, request, secrets)
        return pb.CreateResponse(id=id_, properties=_dump(type_, state, secrets))

    def Read(self, request: Any, context: Any) -> Any:
        """What AWS has now; nothing at all when it is gone. Without inputs it is an import."""
        state, hidden = wire.load(request.properties)
        inputs, secrets = wire.load(request.inputs)
        with _plainly(context, f"reading {_what(request.urn)}"):
            type_ = types.type_of(_token(request.urn))
            found = self._life().read(type_, request.id, state, inputs)
        if found is None:
            return pb.ReadResponse()
        id_, now, now_inputs = found
        return pb.ReadResponse(
            id=id_,
            properties=_dump(type_, now, secrets | hidden),
            inputs=wire.dump(now_inputs, secrets | (set(type_.secret) & set(now_inputs))),
        )

    def Update(self, request: Any, context: Any) -> Any:
        """Bring it to what is wanted, or foresee that."""
        state, new = wire.load(request.olds)[0], wire.load(request.news)
        with _plainly(context, f"updating {_what(request.urn)}"):
            type_ = types.type_of(_token(request.urn))
            if request.preview:
                shown = foreseen(type_, new[0], state, self._defaults())
            else:
                shown = self._life().update(type_, request.id, new[0])
        return pb.UpdateResponse(properties=_dump(type_, shown, new[1]))

    def Delete(self, request: Any, context: Any) -> Any:
        """Delete it; that it is gone already is no error."""
        state, _ = wire.load(request.properties)
        with _plainly(context, f"deleting {_what(request.urn)}"):
            type_ = types.type_of(_token(request.urn))
            self._life().delete(type_, request.urn, request.id, state)
        return Empty()

    def _life(self) -> Lifecycle:
        if self.life is None:
            raise Failed("the provider's own arguments are not known yet")
        return self.life

    def _defaults(self) -> Any:
        return self.life.defaults if self.life else {}


def _token(urn: str) -> str:
    return urn.split("::", 3)[2].rsplit("$", 1)[-1]


def _what(urn: str) -> str:
    """`aws:ec2/vpc:Vpc "name"` for messages."""
    return f'{_token(urn)} "{urn.split("::", 3)[3]}"'


def _naming(request: Any) -> Naming:
    naming = request.autonaming
    mode = pb.CheckRequest.AutonamingOptions.Mode
    asked = request.HasField("autonaming")
    return Naming(
        logical=request.urn.split("::", 3)[3],
        seed=request.randomSeed,
        proposed=naming.proposed_name if asked else "",
        disabled=asked and naming.mode == mode.DISABLE,
    )


def _failures(found: Iterable[tuple[str, str]], token: str) -> list[Any]:
    return [
        pb.CheckFailure(property=name, reason=f"{token}: `{name}`: {reason}")
        for name, reason in found
    ]


def _difference(changed: list[str], replacing: list[str], delete_first: bool) -> Any:
    kind = pb.PropertyDiff
    detailed = {
        name: kind(
            kind=kind.UPDATE_REPLACE if name in replacing else kind.UPDATE,
            inputDiff=name != "tagsAll",
        )
        for name in changed
    }
    return pb.DiffResponse(
        changes=pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE,
        diffs=changed,
        replaces=replacing,
        deleteBeforeReplace=delete_first,
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )


def _dump(type_: Resource, props: Props, secrets: Iterable[str]) -> Any:
    hidden = {*secrets, *type_.secret}
    if "tags" in hidden:
        hidden.add("tagsAll")
    return wire.dump(props, hidden)


def _partly_made(
    context: Any, type_: Resource, partly: PartlyMade, request: Any, secrets: Any
) -> None:
    """End the call with the engine's own error for a resource that exists but is not complete."""
    said = sentence(partly.cause, f"completing {_what(request.urn)}")
    detail = pb.ErrorResourceInitFailed(
        id=partly.id,
        properties=_dump(type_, partly.state, secrets),
        reasons=[said],
        inputs=request.properties,
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=said)
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, said)


@contextlib.contextmanager
def _plainly(context: Any, what: str) -> Iterator[None]:
    """Turn whatever is raised into one sentence; no traceback reaches the engine's output."""
    try:
        yield
    except Exception as error:
        if context.code() is not None:  # the call was ended on purpose, and says why
            raise
        context.abort(grpc.StatusCode.UNKNOWN, sentence(error, what))
