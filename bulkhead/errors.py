"""The one kind of error a user sees, and the exit codes of the command."""

from dataclasses import dataclass

HELD, DEVIATED, WRONG_INPUT, MISSING_HERE = 0, 1, 2, 3
"""Exit codes: all held; something deviated; the input is wrong; something needed is not here."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, in a user's words.

    where: file:line:column, flag, host or URL. what: what is wrong, with the value. allowed:
    what would be right. remedy: what to do. done: what has already happened, if anything.
    """

    where: str
    what: str
    allowed: str = ""
    remedy: str = ""
    done: str = ""

    def __str__(self) -> str:
        """The problem as indented lines, empty parts left out."""
        parts = [("allowed", self.allowed), ("do", self.remedy), ("so far", self.done)]
        lines = [f"{self.where}: {self.what}"]
        return "\n".join(lines + [f"  {label}: {text}" for label, text in parts if text])


class BulkheadError(Exception):
    """Problems to show to the user, and the exit code they mean. Never shown as a traceback."""

    exit_code = DEVIATED

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class WrongInput(BulkheadError):
    """The user's input cannot be used as it is."""

    exit_code = WRONG_INPUT


class MissingHere(BulkheadError):
    """Something needed (a program, a right, a running lab) is not there."""

    exit_code = MISSING_HERE
