"""An SQS queue by its URL: which region and endpoint it belongs to, in every form such URLs have had."""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

_SUFFIX = (
    r"(?:amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu"
    r"|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)"
)
_DUAL_STACK_SUFFIX = r"(?:api\.aws|api\.amazonwebservices\.com\.cn)"
_REGION = r"(?P<region>[a-z]{2,4}(?:-[a-z]+)+-\d+)"
_REGIONAL = re.compile(rf"sqs\.{_REGION}\.{_SUFFIX}")
_LEGACY = re.compile(rf"{_REGION}\.queue\.{_SUFFIX}")
_LEGACY_US_EAST_1 = "queue.amazonaws.com"
_OWN_ENDPOINT = re.compile(
    rf"(?:vpce-[a-z0-9-]+\.sqs\.{_REGION}\.vpce\.{_SUFFIX}"
    rf"|sqs-fips\.{_REGION.replace('region', 'fips')}\.{_SUFFIX}"
    rf"|sqs(?:-fips)?\.{_REGION.replace('region', 'dual')}\.{_DUAL_STACK_SUFFIX})"
)
_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):sqs:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):(?P<name>[\w-]+(?:\.fifo)?)",
    re.ASCII,
)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_SUFFIX_OF_PARTITION = {
    "aws-cn": "amazonaws.com.cn",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
    "aws-eusc": "amazonaws.eu",
}
_LIKE = "https://sqs.REGION.amazonaws.com/ACCOUNT/NAME"


@dataclass(frozen=True, slots=True)
class QueueUrl:
    """
    A queue's URL and what it says.

    *endpoint* is None where the SDK's own endpoint of the region serves the queue: today's and legacy hosts.
    """

    url: str
    region: str
    endpoint: str | None
    account: str
    name: str

    @classmethod
    def parse(cls, text: str, default_region: str) -> Self:
        """Parse *text*; *default_region* serves hosts that tell none. Raises ValueError with the mend."""
        _refuse_what_is_no_url(text, default_region)
        parts = _split(text)
        account, name = _path_of(parts)
        region, endpoint = _host_of(parts, default_region)
        if endpoint is None and not (_ACCOUNT.fullmatch(account) and parts.scheme == "https"):
            raise ValueError(f"must be a queue's URL like {_LIKE}, with https and the account's 12 digits.")
        return cls(url=text, region=region, endpoint=endpoint, account=account, name=name)

    @property
    def is_fifo(self) -> bool:
        """Tell a FIFO queue by its name, as SQS does."""
        return self.name.endswith(".fifo")

    @property
    def type(self) -> str:
        """Amazon's word for the queue's type."""
        return "FIFO" if self.is_fifo else "standard"

    def is_same_queue_as(self, other: Self) -> bool:
        """Compare queues, not spellings: legacy and VPC endpoint hosts lead to the same queue."""
        return (self.region, self.account, self.name) == (other.region, other.account, other.name)


def _refuse_what_is_no_url(text: str, default_region: str) -> None:
    if arn := _ARN.fullmatch(text):
        suffix = _SUFFIX_OF_PARTITION.get(arn["partition"], "amazonaws.com")
        url = f"https://sqs.{arn['region']}.{suffix}/{arn['account']}/{arn['name']}"
        raise ValueError(f"is the queue's ARN: its URL is {url}")
    if "#/queues/" in text:
        raise ValueError(_mend_of_console_page(text, default_region))
    if "://" not in text:
        raise ValueError(
            f"must be a queue's URL like {_LIKE}: `aws sqs get-queue-url --queue-name NAME` prints it."
        )


def _mend_of_console_page(text: str, default_region: str) -> str:
    """Name the queue whose page of the AWS console was copied from the browser."""
    target = unquote(text.partition("#/queues/")[2])
    try:
        queue = QueueUrl.parse(target, default_region)
    except ValueError:
        return 'is a page of the AWS console: copy the field "URL" that it shows.'
    return f"is a page of the AWS console: the queue's URL is {queue.url}"


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError(f"is not a well-formed URL: a queue's looks like {_LIKE}.") from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError(f"must begin with https://: a queue's URL looks like {_LIKE}.")
    if "@" in parts.netloc or parts.query or parts.fragment or not text.isascii() or not text.isprintable():
        raise ValueError(f"must be the queue's URL alone ({_LIKE}), without user, query or fragment.")
    return parts


def _path_of(parts: SplitResult) -> tuple[str, str]:
    """Account and name: the last two segments, for local imitations put their own before them."""
    *_, account, name = ["", "", *parts.path.split("/")]
    if not _NAME.fullmatch(name):
        raise ValueError(f"must end with the account and the queue's name, like {_LIKE}.")
    return account, name


def _host_of(parts: SplitResult, default_region: str) -> tuple[str, str | None]:
    host = (parts.hostname or "").lower()
    if found := _REGIONAL.fullmatch(host) or _LEGACY.fullmatch(host):
        return found["region"], None
    if host == _LEGACY_US_EAST_1:
        return "us-east-1", None
    endpoint = f"{parts.scheme}://{parts.netloc}"
    if found := _OWN_ENDPOINT.fullmatch(host):
        return found[found.lastgroup or 0], endpoint
    return default_region, endpoint
