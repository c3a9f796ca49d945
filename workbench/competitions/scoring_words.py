"""Why a predictions file has no score, in one sentence, in English and Chinese: places and counts, never
labels.
"""

from collections.abc import Mapping
from typing import Any

WORDS: dict[str, dict[str, str]] = {
    "scored": {"en": "scored", "zh": "已评分"},
    "missing": {"en": "there is no predictions file", "zh": "没有预测文件"},
    "not_plain": {
        "en": "the predictions are not one plain file: {what}",
        "zh": "预测结果不是普通文件：{what}",
    },
    "too_large": {"en": "the predictions are larger than {limit_mb} MB", "zh": "预测文件超过 {limit_mb} MB"},
    "empty": {"en": "the predictions file is empty", "zh": "预测文件为空"},
    "packed": {
        "en": "the predictions are packed; write plain CSV or Parquet without archives",
        "zh": "预测文件是压缩包；请写成普通 CSV 或 Parquet",
    },
    "encoding": {
        "en": "the predictions are not plain UTF-8 text without a byte order mark and zero bytes",
        "zh": "预测文件不是纯 UTF-8 文本；请不要带字节顺序标记或零字节",
    },
    "wide": {"en": "the first line is too long to be a header", "zh": "第一行过长，不是表头"},
    "long_line": {"en": "a line is too long", "zh": "某一行过长"},
    "long_cell": {
        "en": "row {row}: the value in {column} is too long",
        "zh": "第 {row} 行：{column} 的值过长",
    },
    "not_csv": {"en": "the predictions cannot be read as CSV", "zh": "预测文件无法按 CSV 读取"},
    "not_parquet": {"en": "the predictions cannot be read as Parquet", "zh": "预测文件无法按 Parquet 读取"},
    "columns": {
        "en": "the file has {count} columns; exactly these are expected: {expected}",
        "zh": "文件有 {count} 列；应当正好是：{expected}",
    },
    "ragged": {
        "en": "row {row} has another number of values than the header",
        "zh": "第 {row} 行的值数与表头不同",
    },
    "too_many_rows": {
        "en": "there are more than the {expected} rows of the test data",
        "zh": "行数多于测试数据的 {expected} 行",
    },
    "too_few_rows": {
        "en": "there are {given} rows, the test data has {expected}",
        "zh": "只有 {given} 行，测试数据有 {expected} 行",
    },
    "duplicate_id": {"en": "row {row}: its id stands there before", "zh": "第 {row} 行：该 id 重复"},
    "unknown_id": {
        "en": "row {row}: its id is not in the test data",
        "zh": "第 {row} 行：该 id 不在测试数据中",
    },
    "order": {
        "en": "row {row}: the ids stand in another order than in the test data; keep its order",
        "zh": "第 {row} 行：id 的顺序与测试数据不同；请保持原有顺序",
    },
    "gap": {"en": "row {row}: {column} is empty", "zh": "第 {row} 行：{column} 为空"},
    "not_number": {
        "en": "row {row}: {column} is not a number with a decimal point",
        "zh": "第 {row} 行：{column} 不是以小数点书写的数字",
    },
    "not_text": {
        "en": "row {row}: {column} is neither text nor a whole number",
        "zh": "第 {row} 行：{column} 既非文本也非整数",
    },
    "not_finite": {
        "en": "row {row}: {column} is not a finite number",
        "zh": "第 {row} 行：{column} 不是有限的数",
    },
    "formula": {
        "en": "row {row}: {column} begins like a formula",
        "zh": "第 {row} 行：{column} 的开头像公式",
    },
    "class": {
        "en": "row {row}: {column} is none of the classes {expected}",
        "zh": "第 {row} 行：{column} 不属于类别 {expected}",
    },
    "range": {
        "en": "row {row}: {column} must be between 0 and 1",
        "zh": "第 {row} 行：{column} 必须在 0 与 1 之间",
    },
    "score_not_finite": {
        "en": "the metric {metric} is no finite number for these predictions; are some far too large?",
        "zh": "指标 {metric} 对这些预测不是有限数；是否有预测值过大？",
    },
    "scorer_limit": {
        "en": "the predictions could not be read within the limits of scoring ({what})",
        "zh": "未能在评分限额内读取预测文件（{what}）",
    },
    "scorer_failed": {
        "en": "scoring itself failed ({what}); this is not the entry's fault and costs no submission",
        "zh": "评分过程自身失败（{what}）；不是参赛者的问题，不占用提交次数",
    },
}


def sentence(code: str, facts: Mapping[str, Any], language: str = "en") -> str:
    """Return what a code means with its facts, in a language."""
    return WORDS[code][language].format(**facts)
