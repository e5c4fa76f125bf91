"""libnftables in this process: starting the `nft` program costs more than a whole change."""

import ctypes
import json
from typing import Any

from bulkhead.errors import MissingHere, Problem

LIBRARY = "libnftables.so.1"
JSON_OUTPUT = 1 << 4


class Refused(Exception):
    """The kernel or the library refused a batch; nothing of it is loaded."""


def library() -> ctypes.CDLL:
    """The shared library with its signatures. Raises MissingHere with the package's name."""
    try:
        lib = ctypes.CDLL(LIBRARY)
    except OSError as error:
        remedy = "apt install libnftables1"
        raise MissingHere(Problem("lab", f"{LIBRARY} is not here: {error}", "", remedy)) from error
    lib.nft_ctx_new.restype = ctypes.c_void_p
    for name in ("nft_ctx_buffer_output", "nft_ctx_buffer_error", "nft_ctx_free"):
        getattr(lib, name).argtypes = [ctypes.c_void_p]
    for name in ("nft_ctx_get_output_buffer", "nft_ctx_get_error_buffer"):
        getattr(lib, name).argtypes = [ctypes.c_void_p]
        getattr(lib, name).restype = ctypes.c_char_p
    lib.nft_ctx_output_set_flags.argtypes = [ctypes.c_void_p, ctypes.c_uint]
    lib.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    return lib


class Nft:
    """A connection to nftables of the namespace that the calling thread is in when it is made."""

    def __init__(self) -> None:
        self._library = library()
        self._context = self._library.nft_ctx_new(0)
        self._library.nft_ctx_buffer_output(self._context)
        self._library.nft_ctx_buffer_error(self._context)

    def run(self, text: str) -> str:
        """Run commands as one batch, all or none, and give what they print. Raises Refused."""
        code = self._library.nft_run_cmd_from_buffer(self._context, text.encode())
        printed: bytes = self._library.nft_ctx_get_output_buffer(self._context) or b""
        problem: bytes = self._library.nft_ctx_get_error_buffer(self._context) or b""
        if code != 0:
            raise Refused(problem.decode(errors="replace")[:2000])
        return printed.decode()

    def listed(self, what: str) -> list[dict[str, Any]]:
        """The rows of `list WHAT`, as libnftables-json(5) describes them."""
        self._library.nft_ctx_output_set_flags(self._context, JSON_OUTPUT)
        try:
            rows: list[dict[str, Any]] = json.loads(self.run(f"list {what}"))["nftables"]
        finally:
            self._library.nft_ctx_output_set_flags(self._context, 0)
        return rows

    def close(self) -> None:
        """Free the connection."""
        self._library.nft_ctx_free(self._context)
