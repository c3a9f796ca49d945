"""REST and JSON: the records of an address, page by page, those that are new."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
import pyarrow as pa
from pydantic import SecretStr, model_validator

from workbench.connectors import increments, payload, protocol
from workbench.connectors.addresses import parted, password, user, without_password
from workbench.connectors.increments import Increment
from workbench.connectors.protocol import Batch, Connector, Cursor, Point, setting
from workbench.errors import Invalid, Unavailable

TRIES = 4
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
TIMEOUT_S = 30.0
MOST_PAGES = 20_000
ROWS = 5000
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class RestSettings(protocol.Settings):
    """Which address, how its pages follow each other, and which field grows."""

    url: str = setting(
        ...,
        {"en": "Address", "zh": "地址"},
        {"en": "Such as https://mes.plant.com/api/orders", "zh": "如 https://mes.plant.com/api/orders"},
        pattern=r"^https?://.+",
    )
    records: str = setting(
        "",
        {"en": "Records", "zh": "记录路径"},
        {"en": "Path to the list in the answer, such as data.items", "zh": "答复中列表的路径，如 data.items"},
    )
    since_field: str = setting(
        ...,
        {"en": "Field that grows", "zh": "递增字段"},
        {
            "en": "A number or time in each record; new records have a greater one",
            "zh": "每条记录中不断增大的编号或时间",
        },
        min_length=1,
    )
    since_param: str = setting(
        "",
        {"en": "Parameter for it", "zh": "对应的查询参数"},
        {
            "en": "Sent with the last value, so that only new records come",
            "zh": "随请求发送最后的值，只取新记录",
        },
    )
    paging: Literal["none", "link", "page", "offset", "cursor"] = setting(
        "none",
        {"en": "Pages", "zh": "分页方式"},
        {
            "en": "Link header, page number, offset, or a cursor in the answer",
            "zh": "Link 头、页码、偏移，或答复中的游标",
        },
    )
    page_param: str = setting(
        "page",
        {"en": "Parameter of the page", "zh": "页参数"},
        {"en": "page, offset or cursor", "zh": "page、offset 或 cursor"},
    )
    first_page: int = setting(1, {"en": "First page", "zh": "首页页码"}, ge=0)
    size_param: str = setting(
        "",
        {"en": "Parameter of the size", "zh": "每页条数参数"},
        {"en": "Empty: not sent", "zh": "留空则不发送"},
    )
    size: int = setting(100, {"en": "Records of a page", "zh": "每页条数"}, ge=1, le=100_000)
    cursor_path: str = setting(
        "next",
        {"en": "Where the cursor stands", "zh": "游标路径"},
        {"en": "Path to the next cursor in the answer", "zh": "答复中下一游标的路径"},
    )
    params: dict[str, str] = setting({}, {"en": "Other parameters", "zh": "其他参数"})
    user: str = user()
    password: SecretStr = password()
    token: SecretStr = setting(
        "",
        {"en": "Token", "zh": "令牌"},
        {"en": "Sent as Authorization: Bearer", "zh": "以 Authorization: Bearer 发送"},
    )
    headers: dict[str, SecretStr] = setting(
        {},
        {"en": "Headers", "zh": "请求头"},
        {"en": "Stored encrypted, such as X-Api-Key", "zh": "加密保存，如 X-Api-Key"},
    )
    secret_params: dict[str, SecretStr] = setting(
        {},
        {"en": "Secret parameters", "zh": "保密参数"},
        {"en": "Parameters that are stored encrypted, such as a key", "zh": "加密保存的查询参数，如密钥"},
    )
    every: float = setting(
        60.0,
        {"en": "Look every (s)", "zh": "查看间隔（秒）"},
        {"en": "How often to ask", "zh": "多久查询一次"},
        ge=0.1,
    )

    @model_validator(mode="before")
    @classmethod
    def _no_password_in_the_address(cls, given: Any) -> Any:
        given = without_password(given)
        if isinstance(given, dict) and isinstance(given.get("url"), str):
            url, secret = parted(given["url"])
            if secret:
                given = {**given, "url": url, "secret_params": {**secret, **given.get("secret_params", {})}}
        return given


class Rest(Connector):
    """Records behind an address."""

    kind = "rest"
    label = {"en": "REST interface (JSON)", "zh": "REST 接口（JSON）"}  # noqa: RUF012 - a constant
    Settings = RestSettings
    settings: RestSettings

    async def test(self) -> str:
        """Ask for the first page."""
        records = await self._first()
        if records and self.settings.since_field not in records[0]:
            raise self._no_field(records[0])
        return f"{len(records)} records on the first page"

    async def browse(self, parent: str = "") -> list[Point]:  # noqa: ARG002 - records have one level
        """List the fields of the first record."""
        records = await self._first()
        return [
            Point(address=name, name=name, type=type(value).__name__, value=str(value)[:80])
            for name, value in (records[0] if records else {}).items()
        ]

    async def read(self, cursor: Cursor) -> AsyncGenerator[Batch, None]:
        """Yield the records that are new, in the order of their field, once all pages were read.

        Pages may come in any order; the cursor may pass a record only when nothing older is left to come.
        """
        increment = Increment(cursor, self.settings.since_field)
        types: dict[str, str] = dict(cursor.get("types", {}))
        found: list[dict[str, Any]] = []
        async with contextlib.aclosing(self._pages(cursor)) as pages:
            async for records in pages:
                for record in records:
                    if self.settings.since_field not in record:
                        raise self._no_field(record)
                last = increments.unpacked(cursor.get("last"))
                try:
                    found += [
                        each for each in records if last is None or each[self.settings.since_field] >= last
                    ]
                except TypeError:
                    raise Invalid(
                        f"field {self.settings.since_field!r}", given="values of several types"
                    ) from None
        yield Batch(pa.table({}), dict(cursor))
        found.sort(key=lambda record: record[self.settings.since_field])
        for start in range(0, len(found), ROWS):
            fresh = increment.fresh(found[start : start + ROWS])
            if fresh:
                whole = frozenset({self.settings.since_field})
                yield Batch(
                    increments.table(fresh, types, whole=whole), increment.cursor() | {"types": types}
                )

    async def _first(self) -> list[dict[str, Any]]:
        async with contextlib.aclosing(self._pages({})) as pages:
            async for records in pages:
                return records
        return []

    async def _pages(self, cursor: Cursor) -> AsyncGenerator[list[dict[str, Any]], None]:
        given = self.settings
        params = {
            **given.params,
            **{name: value.get_secret_value() for name, value in given.secret_params.items()},
        }
        if given.since_param and cursor.get("last") is not None:
            params[given.since_param] = str(increments.unpacked(cursor["last"]))
        if given.size_param:
            params[given.size_param] = str(given.size)
        url: str | None = given.url
        place: Any = {"page": given.first_page, "offset": 0}.get(given.paging)
        seen: set[str] = set()
        async with self._client() as client:
            before: list[dict[str, Any]] = []
            while url is not None:
                own = {**params, given.page_param: str(place)} if place is not None else params
                answer = await self._get(client, url, {} if url != given.url else own)
                records = self._records(answer)
                if records and records == before:
                    hint = f"check paging and the parameter {given.page_param!r}"
                    raise Invalid(
                        "pages", given="the same records again", expected="the next page", hint=hint
                    )
                if len(seen) >= MOST_PAGES:
                    hint = "ask for larger pages, or for new records alone with since_param"
                    raise Invalid("pages", given=f"more than {MOST_PAGES:,}", hint=hint)
                before = records
                yield records
                url, place = self._next(answer, records, place)
                mark = f"{url} {place}"
                if url is not None and mark in seen:
                    raise Invalid(
                        "pages", given=f"the same page {place or ''} again".rstrip(), expected="the next one"
                    )
                seen.add(mark)

    def _next(self, answer: httpx.Response, records: list[Any], place: Any) -> tuple[str | None, Any]:
        """Return the address of the next page and its place; no address after the last."""
        given = self.settings
        if given.paging == "link":
            target = answer.links.get("next", {}).get("url")
            if not target:
                return None, None
            following = str(answer.url.join(target))
            if urlsplit(following)[:2] != urlsplit(given.url)[:2]:  # our credentials are for one server
                raise Invalid(
                    "next page", given=urlsplit(following).netloc, expected=urlsplit(given.url).netloc
                )
            return following, None
        if given.paging == "cursor":
            following = payload.find(_json(answer), given.cursor_path)
            return (given.url, following) if following not in (None, "", False) else (None, None)
        if given.paging == "none" or not records or (given.size_param and len(records) < given.size):
            return None, None
        return given.url, place + (1 if given.paging == "page" else len(records))

    def _records(self, answer: httpx.Response) -> list[dict[str, Any]]:
        document = _json(answer)
        found = payload.find(document, self.settings.records) if self.settings.records else document
        if found is None and self.settings.records:
            raise Invalid(
                "records", given=f"nothing at {self.settings.records!r}", expected="a list of records"
            )
        found = found if isinstance(found, list) else [found]
        if not all(isinstance(each, dict) for each in found):
            raise Invalid("records", given="values that are no records", expected="a list of JSON objects")
        return [_flat(each) for each in found]

    @contextlib.asynccontextmanager
    async def _client(self) -> AsyncGenerator[httpx.AsyncClient, None]:
        given = self.settings
        headers = {name: value.get_secret_value() for name, value in given.headers.items()}
        if given.token.get_secret_value():
            headers["Authorization"] = f"Bearer {given.token.get_secret_value()}"
        login = (given.user, given.password.get_secret_value()) if given.user else None
        async with httpx.AsyncClient(
            headers={"Accept": "application/json", **headers}, auth=login, timeout=TIMEOUT_S, trust_env=False
        ) as client:
            yield client

    async def _get(self, client: httpx.AsyncClient, url: str, params: dict[str, str]) -> httpx.Response:
        """Ask, and ask again a little later when the server is busy or away."""
        pause, said = FIRST_PAUSE_S, ""
        for attempt in range(TRIES):
            try:
                answer = await client.get(url, params=params or None)
            except httpx.HTTPError as error:
                said, wait = str(error) or type(error).__name__, pause
            else:
                if answer.status_code < 300:
                    return answer
                said, wait = f"status {answer.status_code}", _retry_after(answer, pause)
                if answer.status_code not in AGAIN:
                    hint = "check the address and the credentials"
                    raise Unavailable(f"REST server {urlsplit(url).netloc}", given=said, hint=hint)
            if attempt < TRIES - 1:
                await asyncio.sleep(min(wait, LONGEST_PAUSE_S))
                pause *= 2
        raise Unavailable(f"REST server {urlsplit(url).netloc}", given=said, hint="it is asked again later")

    def _no_field(self, record: dict[str, Any]) -> Invalid:
        known = ", ".join(list(record)[:12])
        return Invalid("field that grows", given=repr(self.settings.since_field), expected=f"one of {known}")


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        raise Invalid(
            "answer", given=answer.headers.get("content-type", "no JSON"), expected="JSON"
        ) from None


def _flat(record: dict[str, Any], path: str = "") -> dict[str, Any]:
    """Bring the fields of inner objects up, with dots in their names."""
    flat: dict[str, Any] = {}
    for name, value in record.items():
        place = f"{path}.{name}" if path else str(name)
        if isinstance(value, dict) and value:
            flat |= _flat(value, place)
        else:
            flat[place] = value
    return flat


def _retry_after(answer: httpx.Response, pause: float) -> float:
    try:
        return float(answer.headers.get("retry-after", pause))
    except ValueError:
        return pause
