"""A channel's address is a secret: checked, kept for its owner alone, shown masked, told by no error."""

import io
import logging
import stat
import subprocess
import sys

import pytest

from tests.schedules.conftest import Hook, Mailbox, until
from workbench.errors import Invalid, NotFound
from workbench.schedules.channels import FILE, as_apprise, mask, scrub
from workbench.schedules.service import Schedules

SECRET = "s3crett0ken0123456789abcd"
ADDRESSES = [
    f"mailtos://bench:{SECRET}@mail.plant.example?to=shift@plant.example",
    f"jsons://mes.plant.example/hooks/{SECRET}?+Authorization={SECRET}",
    f"dingtalk://{SECRET}",
    f"wecombot://{SECRET}",
    f"feishu://{SECRET}",
    f"slack://T1JJ3T3L2/A1BRTD4JD/{SECRET}",
    f"workflows://host:443/{SECRET}/{SECRET}",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_mask_shows_a_secret(address: str):
    assert SECRET not in mask(address)
    assert mask(address).startswith(address.partition("://")[0])
    assert SECRET not in scrub(f"could not post to {address}: {SECRET} is wrong", address)


def test_a_mask_says_enough_to_tell_channels_apart():
    assert mask(ADDRESSES[0]) == "mailtos://mail.plant.example → shift@plant.example"
    assert mask(ADDRESSES[1]) == "jsons://mes.plant.example/****"


@pytest.mark.parametrize(
    ("pasted", "address"),
    [
        ("https://open.feishu.cn/open-apis/bot/v2/hook/3b1e-5b6a", "feishu://3b1e-5b6a"),
        ("https://oapi.dingtalk.com/robot/send?access_token=abc123", "dingtalk://abc123"),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a-91f6", "wecombot://693a-91f6"),
        (" json://127.0.0.1/x ", "json://127.0.0.1/x"),
    ],
)
def test_the_address_of_a_robots_page_is_taken_as_it_is(pasted: str, address: str):
    assert as_apprise(pasted) == address


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_promised_service_is_known(schedules: Schedules, address: str):
    channel = schedules.save_channel("robot", address)

    assert SECRET not in channel.model_dump_json()
    assert SECRET not in "".join(channel.model_dump_json() for channel in schedules.channels.all())
    schedules.channels.remove("robot")


@pytest.mark.parametrize("address", ["", "nonsense", "pager://123", "mailto://", "https://plant.example/x"])
def test_an_address_nobody_understands_is_refused(schedules: Schedules, address: str):
    with pytest.raises(Invalid, match=r"address of the channel: got .*, expected an Apprise address"):
        schedules.save_channel("robot", address)


def test_only_the_owner_can_read_the_file(schedules: Schedules):
    schedules.save_channel("robot", ADDRESSES[2])
    schedules.save_channel("other robot", ADDRESSES[3])
    path = schedules.engine.workspace.root / FILE

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [channel.name for channel in schedules.channels.all() if "robot" in channel.name] == [
        "other robot",
        "robot",
    ]
    schedules.channels.remove("robot")
    with pytest.raises(NotFound, match="unknown channel"):
        schedules.channels.address("robot")


def test_the_test_button_sends_now_and_says_what_came_of_it(schedules: Schedules, mailbox: Mailbox):
    schedules.save_channel("shift", mailbox.address)

    delivery = schedules.outbox.test("shift")

    assert delivery.state == "sent"
    assert mailbox.mails[0]["subject"] == "[Test message 测试消息] shift"


def test_a_failed_test_tells_the_reason_and_no_secret(schedules: Schedules, hook: Hook):
    hook.status = 403
    logged = io.StringIO()
    handler = logging.StreamHandler(logged)
    logging.getLogger().addHandler(handler)
    schedules.save_channel("hook", hook.address)

    delivery = schedules.outbox.test("hook")
    logging.getLogger().removeHandler(handler)

    assert delivery.state == "given_up"
    assert "403" in (delivery.error or "")
    assert "s3cret" not in delivery.model_dump_json()
    assert "s3cret" not in logged.getvalue()
    state = schedules.engine.workspace.state.read_bytes()
    assert b"s3cret" not in state


def test_nobody_answering_is_a_reason_too(schedules: Schedules):
    schedules.save_channel("nobody", "json://127.0.0.1:9/x")

    assert schedules.outbox.test("nobody").error


def test_the_outbox_thread_sends_by_itself(schedules: Schedules, hook: Hook):
    from workbench.schedules.message import tested
    from workbench.schedules.outbox import put

    schedules.save_channel("hook", hook.address)
    schedules.outbox.start()
    try:
        with schedules.engine.state.begin() as connection:
            put(connection, "hook", tested("hook"), now=schedules.clock())
        schedules.outbox.wake()
        until(lambda: hook.got)
    finally:
        schedules.outbox.stop()


def test_apprise_is_not_imported_before_something_is_sent():
    code = "import sys, workbench.app; print('apprise' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "False"
