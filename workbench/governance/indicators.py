"""The twenty indicators of GB/T 36344-2018: codes, dimensions, directions, and how each is counted here.

Every indicator is a share A/B of elements. The standard gives no weights. Names of dimensions and indicators
follow the standard; the sentences that say how each is counted are this project's own.
"""

from dataclasses import dataclass

from workbench.config import Text

STANDARD = "GB/T 36344-2018"


@dataclass(frozen=True)
class Spec:
    """One indicator as the standard lists it."""

    code: str
    name: Text
    formula: Text
    falls: bool = False  # fewer is better

    @property
    def dimension(self) -> str:
        """The code of its dimension."""
        return self.code[:2]


def _spec(code: str, names: tuple[str, str], formula: tuple[str, str], *, falls: bool = False) -> Spec:
    return Spec(code, Text(en=names[0], zh=names[1]), Text(en=formula[0], zh=formula[1]), falls)


DIMENSIONS: dict[str, Text] = {
    "01": Text(en="Conformity", zh="规范性"),
    "02": Text(en="Completeness", zh="完整性"),
    "03": Text(en="Accuracy", zh="准确性"),
    "04": Text(en="Consistency", zh="一致性"),
    "05": Text(en="Timeliness", zh="时效性"),
    "06": Text(en="Accessibility", zh="可访问性"),
}
SPECS: tuple[Spec, ...] = (
    _spec(
        "0101",
        ("Data standard", "数据标准"),
        (
            "columns whose name, type and unit are as declared / columns",
            "名称、类型、单位符合声明的列数 / 列数",
        ),
    ),
    _spec(
        "0102",
        ("Data model", "数据模型"),
        (
            "declared columns, keys and references that hold / those declared",
            "成立的声明列、主键和引用数 / 声明总数",
        ),
    ),
    _spec(
        "0103",
        ("Metadata", "元数据"),
        (
            "columns with a meaning, and numbers with unit and range too / columns",
            "有含义（数值列另需单位和范围）的列数 / 列数",
        ),
    ),
    _spec(
        "0104",
        ("Business rules", "业务规则"),
        ("rows for which a declared rule is true / rows it can judge", "满足业务规则的行数 / 可判断的行数"),
    ),
    _spec(
        "0105",
        ("Reference data", "权威参考数据"),
        ("values that are in the list of allowed ones / values", "属于允许值清单的值数 / 值数"),
    ),
    _spec(
        "0106",
        ("Security rules", "安全规范"),
        (
            "sensitive columns with a grade and a mask / sensitive columns",
            "已分级并脱敏的敏感列数 / 敏感列数",
        ),
    ),
    _spec(
        "0201",
        ("Completeness of elements", "数据元素完整性"),
        ("cells with a value / cells of required columns", "有值的单元格数 / 必填列的单元格数"),
    ),
    _spec(
        "0202",
        ("Completeness of records", "数据记录完整性"),
        (
            "periods with a row / periods from the first row to the last",
            "有数据的采样周期数 / 首行至末行应有的周期数",
        ),
    ),
    _spec(
        "0301",
        ("Correct content", "数据内容正确性"),
        (
            "values that agree with a checked table / values compared",
            "与核对表一致的值数 / 参与核对的值数",
        ),
    ),
    _spec(
        "0302",
        ("Format", "数据格式合规性"),
        (
            "values in range and format / values with a rule, and cells an import could not read",
            "符合范围和格式的值数 / 有规则的值数与导入未能读取的单元格数之和",
        ),
    ),
    _spec(
        "0303",
        ("Duplication", "数据重复率"),
        (
            "rows that repeat another one (its key, or the whole row) / rows",
            "重复行数（按主键，未声明时按整行）/ 行数",
        ),
        falls=True,
    ),
    _spec(
        "0304",
        ("Uniqueness", "数据唯一性"),
        ("keys that occur once / keys", "仅出现一次的主键数 / 主键数"),
    ),
    _spec(
        "0305",
        ("Dirty data", "脏数据出现率"),
        (
            "infinite, spiking or stuck values / values of regular series (a stand-in, not a proof)",
            "无穷、尖峰或卡死的值数 / 规则序列的值数（替代指标）",
        ),
        falls=True,
    ),
    _spec(
        "0401",
        ("Same data", "相同数据一致性"),
        ("values equal to those of a copy / values compared", "与副本一致的值数 / 参与比较的值数"),
    ),
    _spec(
        "0402",
        ("Related data", "关联数据一致性"),
        (
            "values found in the table they refer to / values that refer to one",
            "能在被引用表中找到的值数 / 引用值数",
        ),
    ),
    _spec(
        "0501",
        ("Right number in a period", "基于时间段的正确性"),
        (
            "hours or days with 90 % to 110 % of the expected rows / hours or days",
            "行数在期望值 90% 至 110% 之间的时段数 / 时段数",
        ),
    ),
    _spec(
        "0502",
        ("In time", "基于时间点及时性"),
        (
            "rows received within the allowed delay / rows; without a delay: machines whose newest row is "
            "young enough / machines",
            "在允许时延内到达的行数 / 行数；未声明时延时：最新数据足够新的设备数 / 设备数",
        ),
    ),
    _spec(
        "0503",
        ("Sequence", "时序性"),
        (
            "rows not earlier than the one before / rows that have one before",
            "时间不早于前一行的行数 / 有前一行的行数",
        ),
    ),
    _spec(
        "0601",
        ("Accessible", "可访问"),
        ("files of this version that can be read / files", "可读取的文件数 / 文件数"),
    ),
    _spec(
        "0602",
        ("Available", "可用性"),
        ("rows within the days they are kept / rows", "在保留期限内的行数 / 行数"),
    ),
)
BY_CODE: dict[str, Spec] = {spec.code: spec for spec in SPECS}
