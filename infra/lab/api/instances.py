"""What the API knows of an instance beyond its network: what its host is made of and given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What an instance was started with. hostname: as its first boot is to set it."""

    image: str
    hostname: str
    user_data: str
    tags: Mapping[str, str]


def given(instance: str) -> Given | None:
    """Read from the world of this process; None where it has no such instance."""
    from infra.lab.api.patches.means import back_ends

    for backend in back_ends():
        for found in backend.all_instances():
            if found.id == instance:
                tags = {tag["key"]: tag["value"] for tag in found.get_tags()}
                return Given(
                    image=found.image_id,
                    hostname=_hostname(tags, found.private_ip),
                    user_data=_text(found.user_data),
                    tags=tags,
                )
    return None


def _hostname(tags: Mapping[str, str], address: str | None) -> str:
    """The dotted name of the plan's host; else what AWS would say, of its address."""
    planned = tags.get("bulkhead:id", "").replace("/", ".")
    return planned or f"ip-{(address or '0.0.0.0').replace('.', '-')}"  # noqa: S104


def _text(user_data: Any) -> str:
    """moto keeps it as it came, in base64; what is not text is nothing that runs here."""
    try:
        return str(user_data.decode()) if user_data else ""
    except UnicodeDecodeError:
        return ""
