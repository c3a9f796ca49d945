"""The form of a channel: a name and an address, kept secret, and the button that tries it."""

import asyncio
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.errors import WorkbenchError
from workbench.ui.asking import ask_first, go
from workbench.ui.render import fragment
from workbench.ui.schedule_form import WIDE
from workbench.ui.shell import html, themed
from workbench.ui.view import View
from workbench.ui.wording import reason

EXAMPLES = (
    ("service_mail", "mailtos://user:password@mail.plant.com?to=shift@plant.com"),
    ("service_wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…"),
    ("service_dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=…"),
    ("service_feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/…"),
    ("service_teams", "workflows://…"),
    ("service_slack", "slack://TokenA/TokenB/TokenC"),
    ("service_webhook", "jsons://mes.plant.com/alarms"),
)


class ChannelForm:
    """A new channel, or one that is there."""

    def __init__(self, view: View, name: str) -> None:
        self.view, self.kept = view, name
        self.schedules = view.bench.schedules
        known = {channel.name: channel for channel in self.schedules.channels.all()}
        shown = known[name].address if name in known else ""
        self.name = pmui.TextInput(label=view.say("channel_name"), value=name, disabled=name in known, **WIDE)
        self.url = pmui.PasswordInput(label=view.say("channel_address"), **WIDE)
        self.note = html(margin=(6, 0, 0, 0))
        self.save = pmui.Button(label=view.say("save_channel"), color="primary", margin=(12, 8, 0, 0))
        self.test = pmui.Button(
            label=view.say("send_test"), variant="outlined", margin=(12, 0, 0, 0), visible=name in known
        )
        self.save.on_click(self._save)
        self.test.on_click(self._test)
        examples = [(view.say(key), address) for key, address in EXAMPLES]
        heading = fragment("paneheading", text=name if name in known else view.say("new_channel"))
        parts = [
            html(heading),
            html(fragment("note", problem="", hint=shown)),
            self.name,
            self.url,
            pn.Row(self.save, self.test, margin=0),
            self.note,
            html(fragment("channelhelp", view=view, examples=examples), margin=(10, 0, 0, 0)),
        ]
        if name in known:
            sure = view.say("remove_channel_sure", name=name)
            parts.append(ask_first(view, sure, lambda: self.schedules.channels.remove(name), {}))
        self.panel = themed(view, *parts)

    async def _save(self, _: Any) -> None:
        self.save.disabled = True
        try:
            saved = await asyncio.to_thread(self.schedules.save_channel, self.name.value, self.url.value)
        except WorkbenchError as error:
            self.note.object = fragment("note", problem=reason(self.view, error), hint="")
            self.save.disabled = False
            return
        go(channel=saved.name)

    async def _test(self, _: Any) -> None:
        self.test.disabled = True
        self.note.object = fragment("note", problem="", hint=self.view.say("sending"))
        delivery = await asyncio.to_thread(self.schedules.outbox.test, self.kept)
        self.test.disabled = False
        if delivery.state == "sent":
            self.note.object = fragment("note", problem="", hint=self.view.say("test_arrived"))
        else:
            problem = self.view.say("test_failed", reason=delivery.error or "–")
            self.note.object = fragment("note", problem=problem, hint="")
