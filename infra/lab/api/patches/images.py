"""The region's own images are shown by DescribeImages, and every instance is of today's kind.

moto knows Amazon's images of some day or none, makes a volume and a snapshot for each in every
account, and takes an instance's kind of virtualization from there.
"""

from collections.abc import Callable, Collection
from typing import Any

from infra.accounts import ACCOUNTS
from infra.lab.api.patches.means import exchange
from infra.specs.images import BARE

_shown: Callable[[], Collection[str]] = tuple


def show(images: Callable[[], Collection[str]]) -> None:
    """Whatever `images` gives at the time of a call is shown."""
    global _shown  # noqa: PLW0603 - moto's state is this process's, too
    _shown = images


def patch() -> None:
    """Show ours beside those that clients made."""
    from moto.ec2.models.amis import Ami, AmiBackend
    from moto.ec2.models.instances import Instance

    describe, begin = AmiBackend.describe_images, Instance.__init__

    class Ours(Ami):
        """An image without a snapshot: its disk is a directory."""

        def __init__(self, backend: Any, image: str) -> None:
            made = _Nothing()
            kept, self.ec2_backend = backend, made
            super().__init__(
                made,
                image,
                name="bulkhead-bare" if image == BARE else f"bulkhead-{image.removeprefix('ami-')}",
                description="no system" if image == BARE else "Debian with every role installed",
                owner_id=ACCOUNTS["platform"],
                virtualization_type="hvm",
                architecture="x86_64",
                hypervisor="xen",
                root_device_type="ebs",
                public=True,
            )
            self.ec2_backend = kept

    def describe_images(self: Any, *args: Any, **kwargs: Any) -> Any:
        ours = frozenset(_shown())
        for known, image in list(self.amis.items()):
            if isinstance(image, Ours) and known not in ours:
                del self.amis[known]
        for image in sorted(ours - self.amis.keys()):
            self.amis[image] = Ours(self, image)
        return describe(self, *args, **kwargs)

    def begin_as_today(self: Any, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        # Not from the image: a replay must give the same, whichever images there are by then.
        self.virtualization_type, self.kernel_id = "hvm", None

    exchange(AmiBackend, describe_images=describe_images)
    exchange(Instance, __init__=begin_as_today)


class _Nothing:
    """Takes the volume and the snapshot that moto would make of an image."""

    account_id = ACCOUNTS["platform"]
    id = "snap-00000000000000000"

    def create_volume(self, **_: Any) -> "_Nothing":
        return self

    def create_snapshot(self, *_: Any, **__: Any) -> "_Nothing":
        return self

    def delete_volume(self, *_: Any) -> None:
        """There is none."""
