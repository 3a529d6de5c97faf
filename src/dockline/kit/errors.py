"""Problems a caller can do something about, each of a kind that every door translates in its own way.

Problem
├── NotFound      there is no such thing
├── Invalid       what was given cannot be used; `field` names it
├── Conflict      it does not fit what is already there
├── NotAllowed    the caller may not
└── NotNow        right, but not in this state
"""


class Problem(Exception):
    """Something is wrong."""

    def __init__(self, message: str = "", *, field: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").splitlines()[0])
        self.field = field

    @property
    def message(self) -> str:
        """The sentence for a person."""
        return str(self.args[0])


class NotFound(Problem):
    """There is no such thing."""


class Invalid(Problem):
    """What was given cannot be used."""


class InvalidFields(Invalid):
    """Several of the values that were given cannot be used; `problems` says why, by field."""

    def __init__(self, problems: dict[str, str], titles: dict[str, str]) -> None:
        field, words = next(iter(problems.items()))
        super().__init__(f"{titles.get(field) or field}: {words}", field=field)
        self.problems = problems


class Conflict(Problem):
    """This does not fit what is already there."""


class ChangedMeanwhile(Conflict):
    """Somebody else has changed these settings meanwhile; nothing was overwritten."""


class NotAllowed(Problem):
    """You may not do this."""


class NotNow(Problem):
    """This cannot be done in the present state."""
