"""Units as plants write them, and the factor from one to another.

Decides that two units agree when pint says so, or when they are the same text; everything else is refused.
Angles and pieces are dimensions of their own here: pint would turn degrees into per cent.
"""

import re
import unicodedata
from fractions import Fraction
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
    **dict.fromkeys(("℃", "°C", "摄氏度", "degc", "celsius"), "degC"),
    **dict.fromkeys(("℉", "°F", "华氏度", "degf", "fahrenheit"), "degF"),
    **dict.fromkeys(("r", "rev", "转"), "revolution"),
    **dict.fromkeys(("pcs", "pc", "ea", "件", "个", "只", "台", "次", "片", "支", "units"), "piece"),
    **dict.fromkeys(("元", "人民币", "¥", "￥", "rmb", "yuan"), "CNY"),
    **dict.fromkeys(("Nm3", "标方", "标立方米", "标准立方米"), "normal_cubic_meter"),
    **dict.fromkeys(("Nm", "牛米"), "(N*m)"),
    **dict.fromkeys(("kNm", "千牛米"), "(kN*m)"),
    "万元": "wan_CNY",
    "毫米": "mm", "厘米": "cm", "分米": "dm", "米": "m", "微米": "um", "纳米": "nm", "千米": "km",
    "公里": "km",
    "英寸": "inch", "平方米": "(m**2)", "平方毫米": "(mm**2)", "平方厘米": "(cm**2)",
    "立方米": "(m**3)", "立方厘米": "(cm**3)", "方": "(m**3)", "升": "L", "毫升": "mL",
    "公斤": "kg", "千克": "kg", "克": "g", "毫克": "mg", "吨": "t", "磅": "lb", "公斤力": "kgf",
    "秒": "s", "毫秒": "ms", "微秒": "us", "分钟": "min", "分": "min", "小时": "h", "时": "h",
    "天": "day", "日": "day", "周": "week", "月": "month", "年": "year", "hr": "h", "hrs": "h",
    "千瓦时": "kWh", "千瓦小时": "kWh", "兆瓦时": "MWh", "瓦时": "Wh", "瓦": "W", "千瓦": "kW",
    "兆瓦": "MW",
    "千伏安": "(kV*A)", "kVA": "(kV*A)", "VA": "(V*A)", "MVA": "(MV*A)",
    "焦耳": "J", "焦": "J", "千焦": "kJ", "兆焦": "MJ", "吉焦": "GJ", "大卡": "kcal", "千卡": "kcal",
    "兆帕": "MPa", "千帕": "kPa", "百帕": "hPa", "帕": "Pa", "帕斯卡": "Pa", "巴": "bar", "毫巴": "mbar",
    "伏": "V", "伏特": "V", "毫伏": "mV", "千伏": "kV", "安": "A", "安培": "A", "毫安": "mA", "欧姆": "ohm",
    "赫兹": "Hz", "赫": "Hz", "千赫": "kHz", "牛": "N", "牛顿": "N", "千牛": "kN", "开尔文": "K", "开": "K",
    "度": "degree", "百分比": "percent", "%": "percent", "‰": "permille", "°": "degree",
    "mmH2O": "water_mm", "毫米汞柱": "mmHg",
}  # fmt: skip
_ANY_CASE = (
    "kPa hPa MPa GPa Pa bar mbar psi kW MW GW kWh MWh Wh W kV mV kA mA Hz kHz MHz kg mg km mm cm um "
    "rpm min h s ms L mL kJ MJ GJ kcal kN MN K CNY ppm"
)
_CASELESS = {name.lower(): name for name in _ANY_CASE.split()}
# Scale and zero in kelvin, exact: a difference of two floats would leave its remainder in every reading.
_TEMPERATURES = {
    "K": (Fraction(1), Fraction(0)),
    "kelvin": (Fraction(1), Fraction(0)),
    "degC": (Fraction(1), Fraction("273.15")),
    "degF": (Fraction(5, 9), Fraction("459.67") * Fraction(5, 9)),
    "degR": (Fraction(5, 9), Fraction(0)),
}
# An SI unit in SI's own case is taken at its word; anything else may have been shouted.
_SI = re.compile(r"[numcdhkMGT]?(?:m|g|s|A|V|W|J|N|Pa|Hz|L|l|Wh|S|F|bar|ohm|mol|cal)")
_TOKEN = re.compile(r"Nm3|mmH2O|°\s?[CFcf]\b|[^\W\d_]+(?:_[^\W\d_]+)*|[%‰°¥￥]")
_POWER = re.compile(r"(?<=[a-zA-Zμ)])(-[1-9]|[23])(?![\w.])")
_WRITTEN = re.compile(r"(?:1\b|[^\W\d]++|\*\*-?[1-9]\b|\*(?!\*)|[/() .]){1,40}")
_TORQUE = re.compile(r"\(?(?:[kMm]?N\*[cm]?m|kgf\*c?m|lbf\*(?:ft|in|inch))\)?")
_PER = re.compile(r"(?<=[\u4e00-\u9fff])每(?=[\u4e00-\u9fff])")
# What people call a dimension, each with one unit that has it.
QUANTITIES = {
    "a length": "m", "an area": "m2", "a volume": "m3", "a mass": "kg", "a time": "s", "a pressure": "Pa",
    "an energy": "J", "a power": "W", "a force": "N", "a current": "A", "a voltage": "V",
    "a frequency": "Hz",
    "a rotational speed": "rpm", "a speed": "m/s", "an acceleration": "m/s2", "a flow": "m3/s",
    "a mass flow": "kg/s", "a density": "kg/m3", "an angle": "rad", "a share": "%",
    "a number of pieces": "pcs",
    "money": "CNY", "a temperature": "K", "a torque": "Nm", "a rate of pieces": "pcs/s",
    "a resistance": "ohm",
}  # fmt: skip


def normal(unit: str) -> str:
    """Rewrite a unit the way pint reads it."""
    # NFKC first: ㎥, ℃, µ and full-width signs become what everybody else writes.
    text = unicodedata.normalize("NFKC", unit.strip().replace("Ω", "ohm"))
    for written, read in (
        ("·", "*"),
        ("⋅", "*"),
        ("∙", "*"),
        ("×", "*"),
        ("／", "/"),
        ("^", "**"),
        ("μ", "u"),
    ):
        text = text.replace(written, read)
    text = re.sub(r"\bM(?=[23]\b)", "m", text).replace("/H", "/h") if text.isupper() else text
    text = _POWER.sub(r"**\1", _TOKEN.sub(lambda found: _alias(found.group()), _PER.sub("/", text)))
    # Inside a composed unit a degree is a difference: ℃/min has no zero.
    return text if text in _TEMPERATURES else re.sub(r"\bdeg([CF])\b", r"delta_deg\1", text)


def _alias(token: str) -> str:
    # Exact spelling first, since case carries meaning: nm is a length, Nm a torque.
    if token in ALIASES:
        return ALIASES[token]
    folded = token.replace(" ", "").lower()
    if folded in {"°c", "°f"}:
        return f"deg{folded[-1].upper()}"
    if len(token) == 1 or _SI.fullmatch(token):
        return token
    return ALIASES.get(folded) or _CASELESS.get(folded, token)


@cache
def _registry() -> "pint.UnitRegistry[Any]":
    # Loading pint's definitions takes most of a second: only the first real conversion pays for it.
    import pint

    registry: pint.UnitRegistry[Any] = pint.UnitRegistry()
    registry.define("piece = [pieces]")
    registry.define("CNY = [currency]")
    registry.define("wan_CNY = 10000 * CNY")
    registry.define("normal_cubic_meter = [normal_volume]")
    registry.define("water_mm = 9.80665 * pascal")
    return registry


@cache
def conversion(have: str, want: str) -> tuple[float, float]:
    """Return scale and shift so that ``value * scale + shift`` turns one unit into the other.

    Raises
    ------
    Invalid
        If a unit is unknown, or the two measure different things.
    """
    own, wanted = normal(have), normal(want)
    if have.strip() == want.strip() or own == wanted:
        return 1.0, 0.0
    if own in _TEMPERATURES and wanted in _TEMPERATURES:
        (size, zero), (per, origin) = _TEMPERATURES[own], _TEMPERATURES[wanted]
        return float(size / per), float((zero - origin) / per)
    registry = _registry()
    source, target = _parse(have), _parse(want)
    kinds = (_kind(have, source), _kind(want, target))
    if set(kinds) == {"radian / second", "1 / second"}:
        # So many turns a second are so many hertz: pint would multiply by 2 pi.
        turn = registry.parse_units("revolution")
        source, target = (
            unit / turn if kind.startswith("radian") else unit
            for unit, kind in zip((source, target), kinds, strict=True)
        )
    elif kinds[0] != kinds[1]:
        hint = f"{measures(have)} does not convert to {measures(want)}"
        raise Invalid("unit", given=have, expected=f"one that converts to {want}", hint=hint)
    try:
        scale = float(registry.Quantity(1.0, source).to(target).magnitude)
    except Exception as error:  # decibels and other logarithms: pint has an error of its own for each
        expected, hint = f"one in proportion to {want}", "convert the table first"
        raise Invalid("unit", given=have, expected=expected, hint=hint) from error
    return float(f"{scale:.15g}"), 0.0  # 3.6, not the 3.5999999999999996 of several factors


def _kind(text: str, unit: Any) -> str:
    """Return what two units must share to convert: to pint an angle is nothing, and a torque is work."""
    if _TORQUE.fullmatch(normal(text)):
        return "torque"
    return str(_registry().get_root_units(unit)[1])


@cache
def fits(have: str, want: str) -> bool:
    """Whether values in one unit can be given in another."""
    try:
        conversion(have, want)
    except Invalid:
        return False
    return True


def is_known(unit: str) -> bool:
    """Whether a unit can be converted at all; others only match themselves."""
    try:
        _parse(unit)
    except Invalid:
        return False
    return True


def measures(unit: str) -> str:
    """Name what a unit measures, for people: a temperature, a pressure."""
    if normal(unit) in _TEMPERATURES:
        return "a temperature"
    kind = _kind(unit, _parse(unit))
    for name, example in QUANTITIES.items():
        if _kind(example, _parse(example)) == kind:
            return name
    return f"what {unit} measures"


def _parse(unit: str) -> Any:
    text = normal(unit)
    try:
        if not _WRITTEN.fullmatch(text):  # pint evaluates what it is given: 9**9**9 would never end
            raise ValueError(text)
        return _registry().parse_units(text)
    except Exception as error:  # pint raises tokenizer, assertion and attribute errors alike
        expected, hint = "a unit such as mm, ℃ or kW", "correct it in the table"
        raise Invalid("unit", given=repr(unit), expected=expected, hint=hint) from error
