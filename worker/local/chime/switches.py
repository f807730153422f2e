"""What AWS does not document, and what a test wants to vary: one frozen value, read at every call."""

from dataclasses import dataclass
from typing import Literal

RatePreset = Literal["us-east-1", "eu-central-1", "off"]


@dataclass(frozen=True, slots=True)
class Switches:
    """
    How this Chime behaves where Amazon's documentation is silent.

    tokens       a repeated ClientRequestToken gets the first answer ("honoured"), or makes a second
                 message ("ignored"); honoured for *token_window_s*, and with another payload it is a 409
    list_lag_s   a stored message is missing from lists this long
    page_size    of a list that names no MaxResults, and the most any list returns at once
    text_limits  Content and Metadata are measured in UTF-8 bytes or in characters
    rates        quotas of that region, or none
    validation   the service model's rules checked at every call, or trusted (for speed)
    error_header errors carry x-amzn-ErrorType, or only the short code in the body
    signatures   a request must look signed (SigV4 for Chime; the signature is not verified), or need not
    """

    tokens: Literal["honoured", "ignored"] = "honoured"
    token_window_s: float = 600.0
    list_lag_s: float = 0.0
    page_size: int = 50
    text_limits: Literal["bytes", "characters"] = "bytes"
    rates: RatePreset = "us-east-1"
    validation: Literal["on", "off"] = "on"
    error_header: Literal["sent", "omitted"] = "sent"
    signatures: Literal["checked", "ignored"] = "checked"
