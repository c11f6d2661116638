"""Errors that a person reads. Actions and rules raise them; `DomainErrorMiddleware` answers with a page."""


class DomainError(Exception):
    """Something that may not be done now. `str(error)` is a sentence for the person who tried: what
    happened, and what to do. Nothing has been changed when it is raised inside an action."""

    status = 409


class NotAllowed(DomainError):
    """This person may not do this."""

    status = 403


class Missing(DomainError):
    """There is no such thing, or this person may not know that there is."""

    status = 404


class Gone(DomainError):
    """Something that was there, and that nobody can have any more."""

    status = 410


class TooLarge(DomainError):
    """More was sent than can be taken."""

    status = 413


class Invalid(DomainError):
    """What was given cannot be used. `field` names the form field to show it at, where there is one."""

    status = 422

    def __init__(self, message: str, field: str | None = None):
        super().__init__(message)
        self.field = field


class TooMany(DomainError):
    """This was tried too often in a short time."""

    status = 429
