"""The one image of the lab's machines: Debian, with every role's install part, baked once.

`ensure` bakes it or finds it in the cache; `find` only finds it. Its id changes with what is in
it, so that an instance's ImageId says what its host was made of.
"""

from infra.lab.image.store import Image, cache, ensure, find, known

__all__ = ["Image", "cache", "ensure", "find", "known"]
