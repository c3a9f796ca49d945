"""Units as plants write them, and the factor from one to another.

Decides that two units agree when pint says so, or when they are the same text; everything else is refused.
"""

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from workbench.errors import Invalid

if TYPE_CHECKING:
    import pint

# Texts that are surely units where they stand in brackets behind a name, or behind a number.
_KNOWN = """
mm cm dm m km um μm µm nm mil inch in ft g mg kg t lb s ms us μs min h hr d day days month year
Hz kHz MHz GHz rpm r rev V mV kV A mA kA W kW MW kWh MWh Wh kVA kvar Ω ohm kΩ MΩ mΩ F μF C
Pa kPa MPa GPa hPa mbar bar psi N kN Nm K ℃ °C degC ℉ °F degF L l ml mL Nm3 Nm³ % ‰ ppm ppb dB dBA
J kJ MJ cal kcal mol pH HRC HB HV lx lm rad deg ° kgf gf cP mPa S mS μS cycles cycle kwh kw mpa kpa
pcs pc ea CNY USD EUR 件 个 只 台 次 片 支 元 万元 毫米 厘米 米 微米 公斤 千克 克 吨 秒 分钟 分 小时
天 升 千瓦时 千瓦 兆帕 千帕 帕 伏 安 赫兹 转 周 月 年
"""
KNOWN = frozenset(_KNOWN.split())
# What pint does not know, or takes for something else: pcs is a parsec to it.
ALIASES = {
    **dict.fromkeys(("℃", "°c", "摄氏度"), "degC"),
    **dict.fromkeys(("℉", "°f", "华氏度"), "degF"),
    **dict.fromkeys(("r", "rev", "转"), "revolution"),
    **dict.fromkeys(("pcs", "pc", "ea", "件", "个", "只", "台", "次", "片", "支", "units"), "piece"),
    **dict.fromkeys(("元", "人民币", "¥", "￥", "rmb", "yuan"), "CNY"),
    **dict.fromkeys(("Nm3", "Nm³"), "normal_cubic_meter"),
    "Nm": "N*m",
    "万元": "wan_CNY",
    "毫米": "mm",
    "厘米": "cm",
    "米": "m",
    "微米": "um",
    "公斤": "kg",
    "千克": "kg",
    "克": "g",
    "吨": "t",
    "秒": "s",
    "分钟": "min",
    "分": "min",
    "小时": "h",
    "天": "day",
    "月": "month",
    "年": "year",
    "升": "L",
    "千瓦时": "kWh",
    "千瓦": "kW",
    "兆帕": "MPa",
    "千帕": "kPa",
    "帕": "Pa",
    "伏": "V",
    "安": "A",
    "赫兹": "Hz",
}
_TOKEN = re.compile(r"Nm[3³]|°\s?[CFcf]\b|[^\W\d_]+|[℃℉¥￥]")
_POWER = re.compile(r"(?<=[a-zA-Zµμ])(-?[23])(?![\w.])")


def normal(unit: str) -> str:
    """Rewrite a unit the way pint reads it."""
    text = unit.strip().replace("·", "*").replace("×", "*").replace("／", "/").replace("^", "**")
    text = _TOKEN.sub(lambda found: _alias(found.group()), text)
    return _POWER.sub(r"**\1", text)


def _alias(token: str) -> str:
    # Exact spelling first, since case carries meaning: nm is a length, Nm a torque.
    if token in ALIASES:
        return ALIASES[token]
    return token if len(token) == 1 else ALIASES.get(token.replace(" ", "").lower(), token)


@cache
def _registry() -> "pint.UnitRegistry[Any]":
    # Loading pint's definitions takes most of a second: only the first real conversion pays for it.
    import pint

    registry: pint.UnitRegistry[Any] = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    registry.define("piece = [pieces]")
    registry.define("CNY = [currency]")
    registry.define("wan_CNY = 10000 * CNY")
    registry.define("normal_cubic_meter = [normal_volume]")
    return registry


@cache
def conversion(have: str, want: str) -> tuple[float, float]:
    """Return scale and shift so that ``value * scale + shift`` turns one unit into the other.

    Raises
    ------
    Invalid
        If a unit is unknown, or the two measure different things.
    """
    if have.strip() == want.strip() or normal(have) == normal(want):
        return 1.0, 0.0
    registry = _registry()
    source, target = _parse(have), _parse(want)
    if source.dimensionality != target.dimensionality:
        hint = "they measure different things"
        raise Invalid("unit", given=have, expected=f"one that converts to {want}", hint=hint)
    zero, one, two = (float(registry.Quantity(x, source).to(target).magnitude) for x in (0.0, 1.0, 2.0))
    if abs((two - one) - (one - zero)) > 1e-9 * max(abs(two), abs(one), 1e-300):
        raise Invalid(
            "unit", given=have, expected=f"one in proportion to {want}", hint="convert the table first"
        )
    if zero == 0:
        return one, 0.0
    # Fifteen digits: 5/9, not the remainder of subtracting two Kelvin numbers.
    return float(f"{one - zero:.12g}"), float(f"{zero:.12g}")


def _parse(unit: str) -> Any:
    try:
        return _registry().parse_units(normal(unit))
    except Exception as error:  # pint raises tokenizer, assertion and attribute errors alike
        expected, hint = "a unit such as mm, ℃ or kW", "correct it in the table"
        raise Invalid("unit", given=repr(unit), expected=expected, hint=hint) from error
