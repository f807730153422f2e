"""Limits of a job, in the units they are counted in. Chime's own are from its guide and service model."""

from __future__ import annotations

from datetime import timedelta

JOB_ID_PATTERN = r"^[A-Za-z0-9._:@/-]{1,128}$"

CONTENT_BYTES = 4096
CONTROL_CONTENT_BYTES = 30
METADATA_BYTES = 1024
CONTENT_TYPE_CHARS = 45
PUSH_TITLE_CHARS = 50
PUSH_BODY_CHARS = 150
ATTRIBUTE_NAME_CHARS = 64
ATTRIBUTE_VALUE_CHARS = 512
MESSAGE_ID_PATTERN = SUB_CHANNEL_ID_PATTERN = r"^[A-Za-z0-9_-]{1,128}$"

MARKER_KEY = "job"
"""The message attribute by which the worker finds a message again; jobs may not set it."""

MARKER_BYTES = 64
ATTRIBUTES_BYTES = 1024 - MARKER_BYTES
"""Of all names and values, so that the marker always fits into Chime's 1 KB."""

REDRIVE_COUNT = "redrive_count"
"""The SQS message attribute, a Number, by which `dlq redrive` counts how often a job was sent back."""

CHANNEL_NAME_CHARS = 256
NOT_IN_NAMES = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff"
"""What a channel's name may not hold, for regular expressions. Chime would take tabs and newlines."""

CREATED_WITH = 10
"""
Members, and moderators, that one CreateChannel takes. A channel for more would stand half full whenever a
worker died between two calls, and is not what a message is sent to for the first time.
"""

MEMBERS = 1000
"""
Of one `add_members` or `remove_members` job. Their ARNs still fit into a body, and at 100 a call, one call a
second, they are added within one visibility timeout.
"""

EXPIRATION_DAYS = 5475
"""15 years: the most Chime takes."""

CONTEXT_BYTES = 1024
LONGEST_DELAY = timedelta(hours=12)
"""Of `not_before` after the enqueueing."""

LINE_BREAKS = frozenset("\n\r\v\f\x85\u2028\u2029")
"""Every line break of Unicode: Chime's patterns for one-line texts are `.*`, which stops at them."""
