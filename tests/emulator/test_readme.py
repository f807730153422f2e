"""The emulator's README is right: its tables are complete, and its examples can be used."""

import ast
import inspect
import json
import re
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

from aiohttp import ClientSession

from tests.emulator.people import ManualClock
from worker.local.chime import switches as switches_module
from worker.local.chime.control import PREFIX, Control
from worker.local.chime.faults import Fault
from worker.local.chime.seeds import plant, seed_of
from worker.local.chime.server import Emulator
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.chime.treatments import Treatment

README = (Path(switches_module.__file__).parent / "README.md").read_text(encoding="utf-8")
_FIGURES: tuple[tuple[object, str], ...] = (
    (float, "seconds"),
    (int, "1 to 50"),
    (int | None, "whole seconds, or `null`"),
)


def test_the_readme_lists_every_switch_with_its_choices_its_default_and_what_it_decides() -> None:
    assert _rows() == [line for line in _table_after("## Switches") if line.startswith("| `")]


def test_every_switch_says_what_it_decides() -> None:
    assert set(_meanings()) == {field.name for field in fields(Switches)}


def test_every_request_under_emulator_is_listed(chime: Chime) -> None:
    listed = re.findall(r"`(GET|PUT|POST|DELETE) (\w+)", "\n".join(_table_after("## Look into it")))

    routes = {(route.method, route.path.removeprefix(f"{PREFIX}/")) for route in Control(chime).routes()}
    assert routes == set(listed)


def test_every_fault_and_every_treatment_is_listed() -> None:
    faults = [re.findall(r"^\| `(\w+)`", row) for row in _table_after("## Faults")]
    treatments = [re.findall(r'^\| `{"kind": "(\w+)"', row) for row in _table_after("## Channel flows")]

    assert {fault().kind for fault in get_args(Fault)} == set(chain(*faults))
    assert {treatment().kind for treatment in get_args(Treatment)} == set(chain(*treatments))


def test_the_seed_can_be_planted() -> None:
    chime = Chime(ManualClock())

    plant(chime, seed_of(_examples()[0].encode()))

    [channel] = chime.channels()
    sent = chime.call(
        "SendChannelMessage",
        {
            "ChannelArn": channel,
            "Content": "hello",
            "Type": "STANDARD",
            "Persistence": "PERSISTENT",
            "ClientRequestToken": "one",
        },
        bearer=chime.members(channel)[0],
    )
    assert sent["Status"] == {"Value": "PENDING"}


async def test_the_fault_rules_can_be_posted(served: Emulator, chime: Chime) -> None:
    async with (
        ClientSession(f"{served.url}{PREFIX}/") as http,
        http.post("faults", json=json.loads(_examples()[1])) as answer,
    ):
        assert answer.status == 200
    assert len(chime.faults.struck()) == 1


def _examples() -> list[str]:
    return re.findall(r"```json\n(.*?)```", README, re.DOTALL)


def _table_after(heading: str) -> list[str]:
    """The rows of the section that begins so."""
    section = README.split(f"\n{heading}")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("|")]


def _rows() -> list[str]:
    """The table as the dataclass would have it."""
    hints, meanings = get_type_hints(Switches), _meanings()
    cells = (
        (f"`{field.name}`", _choices(hints[field.name]), _shown(field.default), meanings[field.name])
        for field in fields(Switches)
    )
    return [f"| {' | '.join(row)} |" for row in cells]


def _choices(hint: object) -> str:
    if get_origin(hint) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(hint))
    return next(text for kind, text in _FIGURES if kind == hint)


def _shown(default: object) -> str:
    shown = f"{default:g}" if isinstance(default, float) else "null" if default is None else default
    return f"`{shown}`"


def _meanings() -> dict[str, str]:
    """The sentence under each field."""
    [switches] = ast.parse(inspect.getsource(Switches)).body
    assert isinstance(switches, ast.ClassDef)
    found = {}
    for field, after in zip(switches.body, switches.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            assert isinstance(after, ast.Expr), field.target.id
            found[field.target.id] = str(ast.literal_eval(after.value))
    return found
