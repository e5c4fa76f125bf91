"""Create, read, update and delete, the same for all types, safe to repeat after any crash."""

import contextlib
from collections.abc import Mapping
from typing import Any

from infra.lab.provider import faults, tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.catalogue import catalogue
from infra.lab.provider.check import AUTONAMED, BIRTH
from infra.lab.provider.errors import Failed, code
from infra.lab.provider.notes import Notes
from infra.lab.provider.prop import canonical, same
from infra.lab.provider.resource import Resource, differs
from infra.lab.provider.wire import UNKNOWN, Props


class PartlyMade(Exception):
    """The resource exists (`id`), but what came after its making failed."""

    def __init__(self, id_: str, state: Props, cause: Exception) -> None:
        super().__init__(str(cause))
        self.id, self.state, self.cause = id_, state, cause


class Lifecycle:
    """The life of resources in one provider instance."""

    def __init__(self, aws: Aws, notes: Notes) -> None:
        self.aws, self.notes = aws, notes
        self.defaults = aws.config.default_tags

    def create(self, type_: Resource, urn: str, want: Props, held: Props) -> tuple[str, Props]:
        """Find what an interrupted creation left, or make it; then complete it.

        held: the inputs of the resource that the engine's state has under this URN (it is being
        replaced), or empty. Raises PartlyMade when it exists and the rest failed.
        """
        faults.point(type_.kind, "begun")
        id_ = self._natural(type_, urn, want, held) if type_.natural else None
        id_ = id_ or self._found(type_, urn, want, held) or self._made(type_, urn, want)
        faults.point(type_.kind, "made")
        self._complete(type_, id_, want)
        try:
            state = self._settled(type_, id_, want)
        except Exception as error:
            raise PartlyMade(id_, self._shown(type_, {}, want), error) from error
        faults.point(type_.kind, "settled")
        return id_, state

    def _complete(self, type_: Resource, id_: str, want: Props) -> None:
        try:
            type_.complete(self.aws, id_)
        except Exception:
            with contextlib.suppress(Exception):
                type_.delete(self.aws, id_, want)
            raise

    def _natural(self, type_: Resource, urn: str, want: Props, held: Props) -> str | None:
        key = type_.key(want)
        there = type_.read(self.aws, "", want)
        ours = self.notes.has(urn, key) and not (held and type_.key(held) == key)
        if there is not None and ours:
            return str(there["id"])
        if there is not None:
            raise Failed(f"{key} exists already and was not made by this resource")
        self.notes.write(urn, key)
        return None

    def _found(self, type_: Resource, urn: str, want: Props, held: Props) -> str | None:
        if type_.natural or type_.adopts:
            return None
        for id_, birth in type_.born(self.aws, urn):
            if birth and birth == held.get(BIRTH):
                continue  # the one that is being replaced
            state = type_.read(self.aws, id_, want)
            if state is None:
                continue
            if self._fits(type_, state, want):
                return id_
            self._remove_orphan(type_, id_, state)
        return None

    def _fits(self, type_: Resource, state: Props, want: Props) -> bool:
        """A name that was drawn is drawn anew each time; whatever it is, it fits.

        Else a group of which the state's file lost more than its last step would have to go, and
        could not: instances are in it by then.
        """
        drawn = type_.named if want.get(AUTONAMED) else None
        return not any(
            prop.replace and name in state and name in want and differs(type_, name, state, want)
            for name, prop in type_.props.items()
            if name != drawn
        )

    def _remove_orphan(self, type_: Resource, id_: str, state: Props) -> None:
        try:
            type_.delete(self.aws, id_, state)
        except Exception as error:
            what = "an interrupted creation left one that does not fit and cannot be removed"
            raise Failed(f"{what}: {id_} ({code(error) or type(error).__name__})") from error

    def _made(self, type_: Resource, urn: str, want: Props) -> str:
        marks = dict(tags.merged(self.defaults, want.get("tags")))
        marks |= {tags.URN: tags.urn_tag(urn)}
        if BIRTH in want:  # some services refuse an empty value
            marks[tags.BIRTH] = str(want[BIRTH])
        try:
            return type_.make(self.aws, want, marks)
        except Exception as error:
            if type_.natural and code(error):  # AWS said no: nothing was made
                self.notes.forget(urn, type_.key(want))
            raise

    def update(self, type_: Resource, id_: str, want: Props) -> Props:
        """Bring an existing resource to what is wanted; answer its outputs."""
        return self._settled(type_, id_, want)

    def _settled(self, type_: Resource, id_: str, want: Props) -> Props:
        state = type_.read(self.aws, id_, want)
        if state is None:
            raise Failed(f"{id_} is not there any more: refresh, then try again")
        done = type_.settle(self.aws, id_, want, state)
        done = self._tagged(type_, id_, want, state) or done
        after = type_.read(self.aws, id_, want) if done else state
        if after is None:
            raise Failed(f"{id_} was deleted while it was being made")
        return self._shown(type_, after, want)

    def _tagged(self, type_: Resource, id_: str, want: Props, state: Props) -> bool:
        if "tags" not in type_.props:
            return False
        wanted, there = tags.merged(self.defaults, want.get("tags")), state["tags"]
        add = {k: v for k, v in wanted.items() if there.get(k) != v}
        drop = [k for k in there if k not in wanted]
        if add or drop:
            type_.write_tags(self.aws, id_, add, drop)
        return bool(add or drop)

    def read(
        self, type_: Resource, id_: str, state: Props, inputs: Props
    ) -> tuple[str, Props, Props] | None:
        """(id, outputs, inputs) as AWS has them now, or None; with neither state nor inputs,
        it is an import, and the inputs are all that AWS says."""
        importing = not state and not inputs
        known = type_.imported(id_) if importing else {**state, **inputs}
        there = type_.read(self.aws, "" if importing and known else id_, known)
        if there is None:
            return None
        now = {**inputs, **self._inputs(type_, there, inputs, importing)}
        for name in [name for name, value in now.items() if value is None]:
            del now[name]
        return str(there.get("id", id_)), self._shown(type_, there, now), now

    def _inputs(self, type_: Resource, there: Props, old: Props, importing: bool) -> Props:
        """The inputs that would explain what is there, in the user's own spelling if that fits."""
        found: Props = {}
        for name, prop in type_.props.items():
            if name not in there:
                continue
            value = there[name]
            if name == "tags":
                value = tags.own(value, self.defaults, old.get("tags"))
            if name in old:
                found[name] = old[name] if same(prop, old[name], value) else value
            elif not same(prop, value, None) and (importing or not prop.computed):
                found[name] = value
        return found

    def _shown(self, type_: Resource, state: Props, want: Props) -> Props:
        """Outputs: AWS's word, the user's spelling where it means the same, no mark of ours."""
        shown = {k: v for k, v in want.items() if not k.startswith("__")}
        for name, value in state.items():
            prop = type_.props.get(name)
            if prop is None or name not in want or not same(prop, want[name], value):
                shown[name] = value
        shown.pop("id", None)
        if "tags" in type_.props and "tags" in state:
            shown["tagsAll"] = state["tags"]
            shown["tags"] = tags.own(state["tags"], self.defaults, want.get("tags"))
        if "region" in catalogue()[type_.kind]["outputs"]:  # IAM is of no region
            shown["region"] = self.aws.region
        return shown

    def delete(self, type_: Resource, urn: str, id_: str, state: Props) -> None:
        """Delete it; that it is gone already is no error."""
        type_.delete(self.aws, id_, state)
        if type_.natural:
            self.notes.forget(urn, type_.key(state))


def foreseen(type_: Resource, want: Props, state: Props, defaults: Mapping[str, str]) -> Props:
    """The outputs as far as they are known before anything is made or changed (a preview).

    state: outputs of the existing resource, or empty.
    """
    shown: Props = dict.fromkeys(type_.outputs, UNKNOWN) | state
    for name, prop in type_.props.items():
        if name in want:
            shown[name] = want[name]
        elif prop.computed:
            shown.setdefault(name, UNKNOWN)
        elif name in shown:
            shown[name] = canonical(prop, None)
    shown = {k: v for k, v in shown.items() if not k.startswith("__")}
    if "tags" in type_.props:
        all_tags: Any = tags.merged(defaults, want.get("tags"))
        shown["tagsAll"] = all_tags
    return shown
