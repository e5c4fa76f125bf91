"""What went wrong, as one sentence for the engine's output."""

import os
import traceback

GONE = (
    "404",
    "InvalidParameterValueNotFound",
    "NoSuchBucket",
    "NoSuchBucketPolicy",
    "NoSuchEntity",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchTagSet",
    "ParameterNotFound",
)
"""Codes of AWS for what is not there, beside those that end in NotFound."""


class Failed(Exception):
    """A failure whose text is written for the user."""


def sentence(error: BaseException, what: str) -> str:
    """One plain sentence about an error met while doing `what` (verb, type and name).

    An AWS error gives operation, code and message. A fault of ours gives its kind and place, not
    its text, which could hold a value that is secret.
    """
    if isinstance(error, Failed):
        return f"{what}: {error}"
    response = getattr(error, "response", None)
    if isinstance(response, dict) and "Error" in response:
        said = response["Error"]
        operation = getattr(error, "operation_name", "the call")
        return f"{what}: {operation} was refused: {said.get('Code')}: {said.get('Message')}"
    if type(error).__name__ in ("EndpointConnectionError", "ConnectionClosedError"):
        return f"{what}: the region's API does not answer ({type(error).__name__})"
    return f"{what}: the lab's provider failed ({type(error).__name__} at {_place(error)})"


def _place(error: BaseException) -> str:
    frames = list(traceback.extract_tb(error.__traceback__))
    ours = [frame for frame in frames if f"{os.sep}provider{os.sep}" in frame.filename]
    for last in (ours or frames)[-1:]:
        return f"{os.path.basename(last.filename)}:{last.lineno}"
    return "an unknown place"


def code(error: BaseException) -> str:
    """The AWS error code, or "" for what is no AWS error."""
    response = getattr(error, "response", None)
    return str(response["Error"].get("Code", "")) if isinstance(response, dict) else ""


def is_gone(error: BaseException) -> bool:
    """Whether AWS says that the thing asked about is not there."""
    endings = (".NotFound", "NotFoundException", "NotFoundError", ".Malformed")
    return code(error).endswith(endings) or code(error) in GONE
