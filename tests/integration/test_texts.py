"""
Texts as people and programs write them, from a body in SQS through the real worker into Chime, over HTTP.

Each arrives code point for code point, or is refused for the reason the table gives. Nothing normalises,
trims or cuts a text on its way.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tests.support.programs import program
from worker.core.identity import marker
from worker.local.chime.clock import WallClock
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.world import World, embedded_world

ACUTE = "\u0301"
FAMILY = "👨‍👩‍👧‍👦"
"""Four people and three joiners: 25 bytes, one character to whoever reads it."""

DELIVERED = {
    "one ASCII character": "x",
    "4,096 bytes of ASCII": "x" * 4096,
    "4,096 bytes of two-byte letters": "ö" * 2048,
    "4,096 bytes of astral planes": "𝔘" * 1024,
    "4,096 bytes that end in a combining mark": "x" * 4093 + "e" + ACUTE,
    "4,096 bytes that end in a joined family": "x" * 4071 + FAMILY,
    "one grapheme of 4,095 bytes": "e" + ACUTE * 2047,
    "composed and decomposed are not the same": "é e\u0301 Å \u212b",
    "ligatures and full-width letters stay": "ﬁ ｆｕｌｌ ① ½",
    "flags, skin tones, keycaps": "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f 👍🏿 1️⃣ 🇪🇺",
    "right to left with digits": "הזמנה 8812 نُشِر",
    "bidi overrides and isolates": "\u202egnp.exe\u202c \u2066abc\u2069 \u200f\u061c",
    "scripts that need shaping": "नमस्ते ကျေးဇူး ສະບາຍດີ ᠮᠣᠩᠭᠣᠯ",
    "line, paragraph and next-line separators": "a\u2028b\u2029c\x85d",
    "CR, LF, tab, vertical tab, form feed": "a\r\nb\nc\rd\te\x0bf\x0c",
    "all C0 controls but NUL": "".join(map(chr, range(1, 0x20))),
    "DEL and all C1 controls": "".join(map(chr, range(0x7F, 0xA0))),
    "ANSI colours and an OSC title": "\x1b[31mred\x1b[0m \x1b]0;title\x07",
    "a BOM inside": "a\ufeffb",
    "a BOM in front": "\ufeffa",
    "noncharacters": "\ufdd0\ufffe\uffff\U0001ffff\U0010ffff",
    "private use and replacement characters": "\ue000 \ufffd \U000f0000",
    "only white space": " \t\u00a0\u3000\n ",
    "only zero-width characters": "\u200b\u200c\u200d\u2060",
    "white space outside": "  in between \n",
    "JSON in text": '{"id": "x", "message": {"content": "\\u0000"}}',
    "quotes and backslashes": '\\ " \\" \\\\u0041 \\n / \'',
    "HTML and entities": "<script>alert('x')</script> &amp; <!-- &#0; -->",
    "format strings and templates": "{0.__class__} %s %(x)s ${jndi:ldap://x} {{7*7}} $(id) `id`",
    "percent signs and form encoding": "%00 %2f..%2f a+b=c&d=%F0%9F%98%80",
    "log lines of our own": '\n{"level": "error", "event": "job.rejected"}',
}

REFUSED: Mapping[str, tuple[str, str, str]] = {
    "4,097 bytes of ASCII": ("x" * 4097, "content_too_large", "has 4097 bytes of UTF-8"),
    "4,096 characters, 8,192 bytes": ("ö" * 4096, "content_too_large", "has 8192 bytes of UTF-8"),
    "a combining mark beyond the edge": ("x" * 4095 + ACUTE, "content_too_large", "has 4097 bytes"),
    "a family across the edge": ("x" * 4072 + FAMILY, "content_too_large", "has 4097 bytes"),
    "no character": ("", "invalid_job", "message.content: "),
    "NUL": ("a\x00b", "unreadable", r"holds NUL (\u0000) at line 1"),
    "a lone high surrogate": ("a\ud83d", "unreadable", "a lone surrogate at line 1"),
    "a lone low surrogate": ("\ude00a", "unreadable", "a lone surrogate at line 1"),
    "a pair in the wrong order": ("\ude00\ud83d", "unreadable", "a lone surrogate at line 1"),
}
"""The text, the reason, and a part of the detail as the dead letter has it."""

QUICK = {"WORKER_BEARER_RATE": "1000", "WORKER_SHUTDOWN_TIMEOUT_S": "2"}
SQS_TAKES = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


@dataclass(frozen=True, slots=True)
class Refused:
    """What a dead letter says."""

    reason: str
    detail: str


Ends = Mapping[str, str | Refused]
"""What became of each job: the content of its message, or its dead letter."""


@pytest.fixture(scope="module")
def ends() -> Ends:
    """All texts go through one worker: a process a text would say no more."""
    return asyncio.run(ends_of({**DELIVERED, **{name: text for name, (text, _, _) in REFUSED.items()}}))


@pytest.mark.parametrize("name", DELIVERED)
def test_a_text_arrives_code_point_for_code_point(ends: Ends, name: str) -> None:
    assert DELIVERED[name] == ends[name]


@pytest.mark.parametrize("name", REFUSED)
def test_a_text_that_cannot_arrive_is_refused_for_its_reason(ends: Ends, name: str) -> None:
    text, reason, named = REFUSED[name]

    end = ends[name]

    assert isinstance(end, Refused)
    assert reason == end.reason
    assert named in end.detail
    assert text == "" or text not in end.detail


async def ends_of(texts: Mapping[str, str]) -> Ends:
    """Enqueue all texts, run the program until the queue is drained, and see what became of each."""
    chime = Chime(WallClock(), switches=Switches(rates="off"))
    async with embedded_world(chime=chime) as world:
        bodies = {name: body_of(job_id(n), text) for n, (name, text) in enumerate(texts.items())}
        await world.enqueue([*bodies.values()])

        done = await program("run", "--burst", environment={**world.environment, **QUICK})

        assert (0, []) == (done.code, world.jobs())
        return {name: end_of(world, job_id(n), body) for n, (name, body) in enumerate(bodies.items())}


def end_of(world: World, its_id: str, body: str) -> str | Refused:
    mark = {"StringValues": [marker(world.app_instance_arn, its_id, style="hash")]}
    contents = [
        str(message.content)
        for message in world.messages("orders")
        if mark in (message.attributes or {}).values()
    ]
    letters = [
        Refused(letter.attributes["reason"], letter.attributes["detail"])
        for letter in world.dead_letters()
        if letter.body == body
    ]
    ends: list[str | Refused] = [*contents, *letters]
    assert 1 == len(ends)
    return ends[0]


def job_id(number: int) -> str:
    return f"text-{number}"


def body_of(its_id: str, text: str) -> str:
    """Write the body in raw UTF-8 if SQS takes that, else with escapes."""
    job = {"id": its_id, "channel": "orders", "message": {"content": text}}
    raw = json.dumps(job, ensure_ascii=False)
    return raw if SQS_TAKES.fullmatch(raw) else json.dumps(job)
