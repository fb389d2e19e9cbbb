"""The family of business errors.

    AppError                    code, message, status; one handler renders each at each edge
    ├── NotFound            404 a thing named by the caller does not exist
    ├── Forbidden           403 the actor may not do this
    ├── Unauthenticated     401 no valid token or key
    ├── Conflict            409 the state of the thing does not allow it
    ├── Invalid             422 bad payload, and nothing else
    ├── TooLarge            413
    ├── TooMany             429 with retry_after
    └── Unavailable         503 cannot say now

Features derive small children named after the fact: `SelfApproval`, `StaleChange`, `UnitNotFound`.
"""

from __future__ import annotations


class AppError(Exception):
    """A refusal with a stable `code`, a message for people and an HTTP `status`."""

    status = 400
    code = "error"

    def __init__(self, message: str, *, code: str | None = None, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.details = details


class NotFound(AppError):
    status, code = 404, "not_found"


class Forbidden(AppError):
    status, code = 403, "forbidden"


class Unauthenticated(AppError):
    status, code = 401, "unauthenticated"


class Conflict(AppError):
    status, code = 409, "conflict"


class Invalid(AppError):
    status, code = 422, "invalid"


class TooLarge(AppError):
    status, code = 413, "too_large"


class TooMany(AppError):
    status, code = 429, "too_many"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message, retry_after=retry_after)
        self.retry_after = retry_after


class Unavailable(AppError):
    status, code = 503, "unavailable"
