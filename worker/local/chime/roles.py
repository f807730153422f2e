"""
Chime's implicit authorisation: who may do what, whatever IAM allows.

Read from "Authorization by role" in the developer guide. Pure: it never looks anything up.
"""

from typing import Literal

Role = Literal["admin", "moderator", "member", "hidden", "banned"]
Roles = frozenset[Role]
Privacy = Literal["PUBLIC", "PRIVATE"]
Mode = Literal["UNRESTRICTED", "RESTRICTED"]

# Where Amazon's pages contradict one another: choices for the switches of the same names.
AdminSends = Literal["as_member", "everywhere"]
SelfJoin = Literal["refused", "public"]
MemberDeletes = Literal["nothing", "own"]
MemberDescribes = Literal["all", "public"]


def may_send(roles: Roles, admins: AdminSends = "as_member") -> bool:
    """Only a DEFAULT member sends: an admin or moderator needs a membership first, a hidden one never may."""
    return "member" in roles or (admins == "everywhere" and "admin" in roles)


def may_read(roles: Roles, privacy: Privacy) -> bool:
    """Whoever belongs to the channel; in a public one everybody who is not banned."""
    return bool(roles - {"banned"}) or (privacy == "PUBLIC" and "banned" not in roles)


def may_describe(roles: Roles, privacy: Privacy, members: MemberDescribes) -> bool:
    """Whoever may read the channel; the role table's word, "public only" for members, is a switch."""
    if members == "public" and privacy == "PRIVATE":
        return "admin" in roles
    return may_read(roles, privacy)


def may_manage(roles: Roles) -> bool:
    """Change or delete the channel, its moderators and its bans: admins and moderators."""
    return "admin" in roles or "moderator" in roles


def may_add_members(roles: Roles, mode: Mode) -> bool:
    """Members add others only where the channel is UNRESTRICTED; who is no member adds nobody."""
    return may_manage(roles) or ("member" in roles and mode == "UNRESTRICTED")


def may_join(roles: Roles, privacy: Privacy, mode: Mode, *, strangers: SelfJoin) -> bool:
    """Add oneself: whoever may add members; a stranger only by the switch, and only to an open channel."""
    is_open = privacy == "PUBLIC" and mode == "UNRESTRICTED"
    return may_add_members(roles, mode) or (strangers == "public" and is_open)


def may_remove_member(roles: Roles, whose: Literal["own", "other"]) -> bool:
    """Everybody may leave; only admins and moderators remove others."""
    return may_manage(roles) or (whose == "own" and bool(roles))


def may_edit(roles: Roles, whose: Literal["own", "other"]) -> bool:
    """Only the sender edits a message, and only while it may send."""
    return whose == "own" and may_send(roles)


def may_redact(roles: Roles, whose: Literal["own", "other"]) -> bool:
    """Admins and moderators redact any message, members their own."""
    return may_manage(roles) or (whose == "own" and "member" in roles)


def may_delete_message(roles: Roles, whose: Literal["own", "other"], *, members: MemberDeletes) -> bool:
    """Admins alone, unless the switch lets members delete their own."""
    return "admin" in roles or (members == "own" and whose == "own" and "member" in roles)


def may_see_targeted(bearer: str, sender: str, target: str | None) -> bool:
    """A targeted message is for its sender and its target; not even admins see it."""
    return target is None or bearer in (sender, target)
