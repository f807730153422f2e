"""Refusals in Chime's own words. They never quote what the caller sent."""

FORBIDDEN = "You do not have sufficient access to perform this action"
INVALID_BEARER = "An invalid app instance user ARN was supplied for the x-amz-chime-bearer HTTP header."
UNKNOWN_BEARER = "An invalid app instance user ARN was supplied for the input parameter."
SIZE_EXCEEDED = "Channel Messages size limit exceeded. Content max 4096, Metadata max 1024"
RATE_EXCEEDED = "Rate exceeded"

STATUS_OF = {
    "BadRequestException": 400,
    "ResourceLimitExceededException": 400,
    "UnauthorizedClientException": 401,
    "ForbiddenException": 403,
    "AccessDeniedException": 403,  # IAM's, so not in the service model
    "NotFoundException": 404,
    "ConflictException": 409,
    "ThrottledClientException": 429,
    "ServiceFailureException": 500,
    "ServiceUnavailableException": 503,
    # Not in the service model: what the emulator itself has to say.
    "UnknownOperationException": 404,
    "NotImplementedException": 501,
}


class ChimeError(Exception):
    """A refused call: *code* is the shape's name, *message* is Chime's text."""

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(f"{code} ({status}): {message}")
        self.code = code
        self.status = status
        self.message = message


def refusal(code: str, message: str) -> ChimeError:
    """The error of that shape, with the HTTP status the service model gives it."""
    return ChimeError(code, STATUS_OF[code], message)


def bad_request(message: str) -> ChimeError:
    """400: the request breaks a rule of the service model or of its documentation."""
    return refusal("BadRequestException", message)


def forbidden(message: str = FORBIDDEN) -> ChimeError:
    """403: the bearer may not do this, or there is nothing it could do it to."""
    return refusal("ForbiddenException", message)


def not_found(message: str) -> ChimeError:
    """404: there is no such thing. Operations that do not model it answer 403 instead."""
    return refusal("NotFoundException", message)


def conflict(message: str) -> ChimeError:
    """409: it is there already, or the client request token was used for something else."""
    return refusal("ConflictException", message)


def short_code(code: str) -> str:
    """The ErrorCode that the body carries: ThrottledClientException is Throttled there."""
    return code.removesuffix("Exception").removesuffix("Client")
