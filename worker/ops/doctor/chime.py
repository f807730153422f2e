"""Whom the worker speaks as, and what Chime lets them do. It asks as the bearers, and sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from worker.ops.doctor.asking import Asker, NotAnswered
from worker.ops.doctor.finding import Finding, aws, export, ok, problem, warning
from worker.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ChimeClients:
    """The two services of Chime messaging."""

    messaging: Any
    identity: Any


async def chime_findings(
    asker: Asker, clients: ChimeClients, settings: Settings, *, channel_arn: str | None
) -> list[Finding]:
    """Look at the app instance, and at each bearer: is it there, is it admin, may it use the channel."""
    home = settings.app_instance
    try:
        await asker.ask(clients.identity, "DescribeAppInstance", AppInstanceArn=home.arn)
    except NotAnswered as fault:
        if fault.is_absence:
            list_them = aws("chime-sdk-identity list-app-instances", region=home.region)
            found = f"account {home.account} has no app instance {home.id} in {home.region}: name another"
            return [problem("app instance", found, list_them)]
        findings = [fault.finding("app instance")]
    else:
        findings = [ok("app instance", f"{home.id} in {home.region}")]
    for bearer_arn in settings.bearer_arns:
        bearer = _Bearer(asker, clients, settings, bearer_arn)
        findings += await bearer.findings(channel_arn)
    return findings


@dataclass(frozen=True, slots=True)
class _Bearer:
    """One bearer under examination."""

    asker: Asker
    clients: ChimeClients
    settings: Settings
    arn: str

    @property
    def short(self) -> str:
        """What follows the app instance in the ARN."""
        return self.arn.removeprefix(f"{self.settings.app_instance.arn}/")

    async def findings(self, channel_arn: str | None) -> list[Finding]:
        existence = await self._existence()
        if existence.level == "problem":
            return [existence]
        try:
            is_admin = await self._is_admin()
        except NotAnswered as fault:
            return [existence, fault.finding("admin")]
        standing = self._standing(is_admin)
        if channel_arn is None:
            return [existence, standing]
        channel = await self._channel(channel_arn, is_admin)
        return [existence, standing, channel]

    async def _existence(self) -> Finding:
        kind, _, name = self.short.partition("/")
        shape = "AppInstanceBot" if kind == "bot" else "AppInstanceUser"
        try:
            await self.asker.ask(self.clients.identity, f"Describe{shape}", **{f"{shape}Arn": self.arn})
        except NotAnswered as fault:
            if not fault.is_absence:
                return fault.finding("bearer")
        else:
            return ok("bearer", f"{self.short} exists")
        home = self.settings.app_instance
        bots = await self._bots()
        if kind == "bot":
            found = f"there is no {self.short}: the app instance has {len(bots)} other bots"
            mend = aws(
                "chime-sdk-identity list-app-instance-bots", region=home.region, app_instance_arn=home.arn
            )
            return problem("bearer", found, mend)
        if bot_arn := next(
            (arn for arn, called in bots.items() if name in (called, arn.rpartition("/")[2])), None
        ):
            found = f"{name} is a bot's, and a bare id is taken for a user's: name the bot by its ARN"
            return problem("bearer", found, export("WORKER_BEARER", ",".join(self._pool_with(bot_arn))))
        mend = aws(
            "chime-sdk-identity create-app-instance-user",
            region=home.region,
            app_instance_arn=home.arn,
            app_instance_user_id=name,
            name=name,
        )
        return problem("bearer", f"there is no app instance user {name}: nothing can be sent as it", mend)

    async def _bots(self) -> dict[str, str]:
        """Give the names of the first bots by ARN; none where listing them is not allowed."""
        home = self.settings.app_instance.arn
        try:
            answer = await self.asker.ask(self.clients.identity, "ListAppInstanceBots", AppInstanceArn=home)
        except NotAnswered:
            return {}
        bots: Sequence[Any] = answer.get("AppInstanceBots", ())
        return {str(each["AppInstanceBotArn"]): str(each.get("Name", "")) for each in bots}

    def _pool_with(self, bot_arn: str) -> list[str]:
        return [bot_arn if arn == self.arn else arn for arn in self.settings.bearer_arns]

    async def _is_admin(self) -> bool:
        home = self.settings.app_instance.arn
        try:
            await self.asker.ask(
                self.clients.identity,
                "DescribeAppInstanceAdmin",
                AppInstanceArn=home,
                AppInstanceAdminArn=self.arn,
            )
        except NotAnswered as fault:
            if fault.is_absence:
                return False
            raise
        return True

    def _standing(self, is_admin: bool) -> Finding:
        """Say what follows from being an app instance admin, or from not being one."""
        if is_admin:
            joins = (
                "joins channels by itself"
                if self.settings.join_channels
                else "joins none (WORKER_JOIN_CHANNELS)"
            )
            return ok("admin", f"{self.short} is an app instance admin: it sees private channels and {joins}")
        found = (
            f"{self.short} is no app instance admin: it joins no channel by itself, finds no private channel "
            "by its name, and must be made a member of every channel by hand"
        )
        return warning("admin", found, self._promote())

    async def _channel(self, channel_arn: str, is_admin: bool) -> Finding:
        """Tell whether the bearer may send to the channel, now or after joining it."""
        channel = channel_arn.rpartition("/")[2]
        try:
            membership = await self._ask_channel("DescribeChannelMembership", channel_arn, MemberArn=self.arn)
        except NotAnswered as fault:
            if not fault.is_absence:
                return fault.finding("channel")
        else:
            if membership["ChannelMembership"].get("Type") != "HIDDEN":
                return ok("channel", f"{self.short} is a member of {channel}: it sends there")
            found = f"{self.short} is a HIDDEN member of {channel}, and Chime lets these send nothing"
            leave = self._membership("delete-channel-membership", channel_arn)
            return problem("channel", found, f"{leave} && {self._join(channel_arn)}")
        try:
            await self._ask_channel("DescribeChannel", channel_arn)
        except NotAnswered as fault:
            return self._missing(channel_arn, is_admin) if fault.is_absence else fault.finding("channel")
        return self._stranger(channel_arn, is_admin)

    def _stranger(self, channel_arn: str, is_admin: bool) -> Finding:
        found = f"{self.short} is no member of {channel_arn.rpartition('/')[2]}"
        if not is_admin:
            return problem(
                "channel", f"{found}, and no admin who could join it: sends are refused", self._promote()
            )
        if not self.settings.join_channels:
            found += ", which admins must be too, and WORKER_JOIN_CHANNELS keeps it from joining"
            return problem("channel", found, self._join(channel_arn))
        return ok("channel", f"{found}, and joins it, as an admin, with the first job")

    def _missing(self, channel_arn: str, is_admin: bool) -> Finding:
        home, channel = self.settings.app_instance, channel_arn.rpartition("/")[2]
        if not is_admin:
            found = (
                f"there is no channel {channel}, or it is private and {self.short} neither member nor admin"
            )
            return problem("channel", found, self._promote())
        mend = aws(
            "chime-sdk-messaging create-channel",
            region=home.region,
            app_instance_arn=home.arn,
            channel_id=channel,
            name=channel,
            chime_bearer=self.arn,
        )
        return problem(
            "channel", f"there is no channel {channel} in the app instance: check its id, or make it", mend
        )

    async def _ask_channel(self, operation: str, channel_arn: str, **more: str) -> Any:
        request = {"ChannelArn": channel_arn, "ChimeBearer": self.arn, **more}
        return await self.asker.ask(self.clients.messaging, operation, **request)

    def _promote(self) -> str:
        home = self.settings.app_instance
        return aws(
            "chime-sdk-identity create-app-instance-admin",
            region=home.region,
            app_instance_arn=home.arn,
            app_instance_admin_arn=self.arn,
        )

    def _join(self, channel_arn: str) -> str:
        return self._membership("create-channel-membership", channel_arn, type="DEFAULT")

    def _membership(self, command: str, channel_arn: str, **more: str) -> str:
        return aws(
            f"chime-sdk-messaging {command}",
            region=self.settings.chime_region,
            channel_arn=channel_arn,
            member_arn=self.arn,
            **more,
            chime_bearer=self.arn,
        )
