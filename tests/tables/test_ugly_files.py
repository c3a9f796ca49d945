"""Files as factories have them: each loads with the right values, or is refused in one sentence."""

import datetime as dt
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from workbench.errors import Invalid
from workbench.tables import files, ingest


def at(*parts: int) -> dt.datetime:
    """The plant's clock, which has no zone."""
    return dt.datetime(*parts)  # noqa: DTZ001


def book(fill: Callable[[Any], None], **options: Any) -> bytes:
    """Write a workbook."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, options) as made:
        fill(made)
    return stream.getvalue()


def sheet_of(*rows: list[Any]) -> bytes:
    """Write a workbook of one sheet."""

    def fill(made: Any) -> None:
        sheet = made.add_worksheet("data")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)

    return book(fill)


def packed(members: dict[str, bytes]) -> bytes:
    """Write a zip."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


CHINESE = "日期,产线,温度(℃)\n2025年12月31日,一号线,20.5\n2026年1月1日,二号线,21\n"
CHINESE_ROWS = {
    "日期": [at(2025, 12, 31), at(2026, 1, 1)],
    "产线": ["一号线", "二号线"],
    "温度(℃)": [20.5, 21.0],
}
XY = {"x": [1, 3], "y": [2, 4]}

LOADS: dict[str, tuple[bytes, dict[str, list[Any]]]] = {
    "gbk.csv": (CHINESE.encode("gbk", "replace").replace(b"(?)", "(℃)".encode("gb18030")), CHINESE_ROWS),
    "gb18030.csv": (
        CHINESE.replace("一号线", "㐂号线").encode("gb18030"),
        CHINESE_ROWS | {"产线": ["㐂号线", "二号线"]},
    ),
    "utf16le_mark.csv": (b"\xff\xfe" + CHINESE.encode("utf-16-le"), CHINESE_ROWS),
    "utf16be_mark.csv": (b"\xfe\xff" + CHINESE.encode("utf-16-be"), CHINESE_ROWS),
    "utf16le.csv": (CHINESE.encode("utf-16-le"), CHINESE_ROWS),
    "utf16be.csv": (CHINESE.encode("utf-16-be"), CHINESE_ROWS),
    "utf8_mark.csv": (CHINESE.encode("utf-8-sig"), CHINESE_ROWS),
    "latin.csv": (
        "Größe;Wert;Gerät\n25°C;1,5;für A\n30°C;2,5;Öl\n".encode("cp1252"),
        {"Größe": [25, 30], "Wert": [1.5, 2.5], "Gerät": ["für A", "Öl"]},
    ),
    "broken_utf8.csv": (
        "产线,值\n".encode() + "一号线正常运行,1\n".encode() * 20 + b"\xff,2\n",
        {"产线": ["一号线正常运行"] * 20 + ["\ufffd"], "值": [1] * 20 + [2]},
    ),
    "tabs.txt": (b"x\ty\n1\t2\n3\t4\n", XY),
    "pipes.txt": (b"x|y\n1|2\n3|4\n", XY),
    "sep_line.csv": (b"sep=;\r\nx;y\r\n1;2\r\n3;4\r\n", XY),
    "carriage_returns.csv": (b"x,y\r1,2\r3,4\r", XY),
    "nul_bytes.csv": (b"x,y\n1,2\n\x003,4\n", XY),
    "trailing.csv": (b"x,y,\n1,2,\n3,4,\n", XY),
    "trailing_rows_only.csv": (b"x,y\n1,2,\n3,4,\n", XY),
    "no_last_line_end.csv": (b"x,y\n1,2\n3,4", XY),
    "blank_lines.csv": (b"\n\nx,y\n\n1,2\n\n3,4\n\n\n", XY),
    "header_again.csv": (b"x,y\n1,2\nx,y\n3,4\n", XY),
    "quoted_lines.csv": (
        b'x,t\n1,"two\nlines, one cell"\n2,"a ""b"""\n',
        {"x": [1, 2], "t": ["two\nlines, one cell", 'a "b"']},
    ),
    "open_quote.csv": (
        b'x,t,y\n1,"12 inch,5\n2,plain,6\n3,"good, one",7\n',
        {"x": [1, 2, 3], "t": ["12 inch", "plain", "good, one"], "y": [5, 6, 7]},
    ),
    "inches.csv": (b'x,t\n1,12" pipe\n2,3" pipe\n', {"x": [1, 2], "t": ['12" pipe', '3" pipe']}),
    "ragged.csv": (
        b"x,y,z\n1,2,3\n4,5\n6\n7,8,9\n",
        {"x": [1, 4, 6, 7], "y": [2, 5, None, 8], "z": [3, None, None, 9]},
    ),
    "double_headers.csv": (
        b"a,a,,A\n1,2,3,4\n5,6,7,8\n",
        {"a": [1, 5], "a_2": [2, 6], "column3": [3, 7], "A_3": [4, 8]},
    ),
    "decimal_comma.csv": (
        b"Zeit;Wert;Menge\n31.12.2025 06:15;1,5;1.234,5\n01.01.2026 06:15;-2,25;12.000\n",
        {
            "Zeit": [at(2025, 12, 31, 6, 15), at(2026, 1, 1, 6, 15)],
            "Wert": [1.5, -2.25],
            "Menge": [1234.5, 12000.0],
        },
    ),
    "thousands.csv": (
        "a;b;c\n1,234.5;1 234.5;1'234.50\n12,000;1\u00a0234\u00a0567;12\n".encode(),
        {"a": [1234.5, 12000.0], "b": [1234.5, 1234567.0], "c": [1234.5, 12.0]},
    ),
    "points_as_thousands.csv": (b"a;b\n1.234.567;1\n2.345.678;2\n", {"a": [1234567, 2345678], "b": [1, 2]}),
    "spaces_and_comma.csv": (
        "a;b\n1 234,5;1\n2\u202f345,25;2\n".encode(),
        {"a": [1234.5, 2345.25], "b": [1, 2]},
    ),
    "money.csv": (
        'a,b,c,d\n"¥1,234.50",$5,12 €,(1.5)\n￥2,-$6.5,13 €,2\n'.encode(),
        {"a": [1234.5, 2.0], "b": [5.0, -6.5], "c": [12, 13], "d": [-1.5, 2.0]},
    ),
    "accounting.csv": (b'a,b\n"(1,234.5)",12-\n20,13\n', {"a": [-1234.5, 20.0], "b": [-12, 13]}),
    "wan.csv": (
        "a,b,c\n1.2万,12%,3亿\n3,8.5％,4.5亿\n".encode(),
        {"a": [12000, 3], "b": [12.0, 8.5], "c": [300000000, 450000000]},
    ),
    "wide_digits.csv": (
        "日期,值\n２０２５年１２月３１日,１２．５\n２０２６年１月１日,－３\n".encode(),
        {"日期": [at(2025, 12, 31), at(2026, 1, 1)], "值": [12.5, -3.0]},
    ),
    "limits.csv": (
        b"v,n\n<0.01,1\n0.5,2\n0.7,3\n>100,4\n0.9,5\n",
        {"v": [None, 0.5, 0.7, None, 0.9], "n": [1, 2, 3, 4, 5]},
    ),
    "missing_signs.csv": (
        "v,t\n1,无\nN/A,a\n—,b\n无,c\n4,d\n".encode(),
        {"v": [1, None, None, None, 4], "t": ["无", "a", "b", "c", "d"]},
    ),
    "truths.csv": (
        "a,b,c\ntrue,是,1\nFALSE,否,0\n".encode(),
        {"a": [True, False], "b": [True, False], "c": [1, 0]},
    ),
    "identifiers.csv": (
        b"part,order,serial,plain\n007,123456789012345678,12345678901234567890123,1\n012,876543210987654321,98765432109876543210987,2\n",
        {
            "part": ["007", "012"],
            "order": [123456789012345678, 876543210987654321],
            "serial": ["12345678901234567890123", "98765432109876543210987"],
            "plain": [1, 2],
        },
    ),
    "long_and_missing.csv": (
        b"id,n\n123456789012345678,1\nN/A,2\n123456789012345677,3\n",
        {"id": [123456789012345678, None, 123456789012345677], "n": [1, 2, 3]},
    ),
    "mixed.csv": (b"v,n\n1,1\nabc,2\n2.5,3\nx,4\n", {"v": ["1", "abc", "2.5", "x"], "n": [1, 2, 3, 4]}),
    "one_bad.csv": (
        b"v,n\n1.5,1\n2.5,2\nbad,3\n3.5,4\n4.5,5\n",
        {"v": [1.5, 2.5, None, 3.5, 4.5], "n": [1, 2, 3, 4, 5]},
    ),
    "month_first.csv": (
        b"t,x\n12/31/2025,1\n01/02/2026,2\n",
        {"t": [at(2025, 12, 31), at(2026, 1, 2)], "x": [1, 2]},
    ),
    "day_first.csv": (
        b"t,x\n31.12.2025,1\n01.02.2026,2\n",
        {"t": [at(2025, 12, 31), at(2026, 2, 1)], "x": [1, 2]},
    ),
    "day_first_by_step.csv": (
        b"t,x\n03/04/2025,1\n04/04/2025,2\n05/04/2025,3\n",
        {"t": [at(2025, 4, 3), at(2025, 4, 4), at(2025, 4, 5)], "x": [1, 2, 3]},
    ),
    "comma_and_limits.csv": (
        b"v;n\n20,5;1\nN/A;2\n<0,1;3\n21;4\n",
        {"v": [20.5, None, None, 21.0], "n": [1, 2, 3, 4]},
    ),
    "day_first_by_order.csv": (
        b"t,x\n01/02/2026,1\n02/02/2026,2\n03/02/2026,3\n01/03/2026,4\n",
        {"t": [at(2026, 2, 1), at(2026, 2, 2), at(2026, 2, 3), at(2026, 3, 1)], "x": [1, 2, 3, 4]},
    ),
    "short_years.csv": (
        b"date,x\n31.12.25,1\n01.02.26,2\n",
        {"date": [at(2025, 12, 31), at(2026, 2, 1)], "x": [1, 2]},
    ),
    "month_names.csv": (
        b"t,x\n31-Dec-2025 10:00,1\n1 Jan 2026 11:30,2\n",
        {"t": [at(2025, 12, 31, 10), at(2026, 1, 1, 11, 30)], "x": [1, 2]},
    ),
    "half_days.csv": (
        "t,u,x\n12/31/2025 1:05:00 PM,2025/12/31 下午 1:05,1\n12/31/2025 12:10:00 AM,"
        "2025/12/31 上午 12:10,2\n".encode(),
        {
            "t": [at(2025, 12, 31, 13, 5), at(2025, 12, 31, 0, 10)],
            "u": [at(2025, 12, 31, 13, 5), at(2025, 12, 31, 0, 10)],
            "x": [1, 2],
        },
    ),
    "zones.csv": (
        b"t,u,x\n2025-12-31T08:00:00Z,2025-12-31 08:00+08:00,1\n"
        b"2025-12-31T09:00:00Z,2025-12-31 03:00+02:00,2\n",
        {
            "t": [at(2025, 12, 31, 8), at(2025, 12, 31, 9)],
            "u": [at(2025, 12, 31, 0), at(2025, 12, 31, 1)],
            "x": [1, 2],
        },
    ),
    "chinese_clock.csv": (
        "时间,x\n2025年12月31日 08时30分15秒,1\n2026年1月1日 9时5分,2\n".encode(),
        {"时间": [at(2025, 12, 31, 8, 30, 15), at(2026, 1, 1, 9, 5)], "x": [1, 2]},
    ),
    "serials.csv": (
        "日期,值\n46022,1\n46023,2\n".encode(),
        {"日期": [at(2025, 12, 31), at(2026, 1, 1)], "值": [1, 2]},
    ),
    "nanoseconds.csv": (
        b"t,x\n2025-12-31 08:00:00.123456789,1\n2025-12-31 08:00:01.5,2\n",
        {"t": [at(2025, 12, 31, 8, 0, 0, 123456), at(2025, 12, 31, 8, 0, 1, 500000)], "x": [1, 2]},
    ),
    "titles.csv": (
        "一号线日报\n导出时间：2025-12-31\n\n时间,值\n2025-12-31 06:00,1.5\n2025-12-31 06:01,1.6\n".encode(),
        {"时间": [at(2025, 12, 31, 6), at(2025, 12, 31, 6, 1)], "值": [1.5, 1.6]},
    ),
    "units_below.csv": (
        "时间,温度,压力\n,℃,bar\n2025-12-31 06:00,1.5,2.5\n2025-12-31 06:01,1.6,2.6\n".encode(),
        {"时间": [at(2025, 12, 31, 6), at(2025, 12, 31, 6, 1)], "温度": [1.5, 1.6], "压力": [2.5, 2.6]},
    ),
    "two_headers.csv": (
        b"line,temp,,press,\n,in,out,in,out\nA,1,2,3,4\nB,5,6,7,8\n",
        {"line": ["A", "B"], "temp in": [1, 5], "temp out": [2, 6], "press in": [3, 7], "press out": [4, 8]},
    ),
    "totals.csv": (
        "产线,产量,废品\nA,10,1\nB,20,2\n合计,30,3\n".encode(),
        {"产线": ["A", "B"], "产量": [10, 20], "废品": [1, 2]},
    ),
    "totals_by_date.csv": (
        b"date,amount\n2025-12-30,10\n2025-12-31,20\nTotal,30\n\nPrinted: 2026-01-01\n",
        {"date": [at(2025, 12, 30), at(2025, 12, 31)], "amount": [10, 20]},
    ),
    "subtotals.csv": (
        "产线,班,量\nA,早,1\nA,中,2\nA小计,,3\nB,早,4\nB,中,5\nB,晚,6\nA,晚,7\nB,早,8\nA,早,9\nB,中,1\n总计,,37\n".encode(),
        {
            "产线": ["A", "A", "B", "B", "B", "A", "B", "A", "B"],
            "班": ["早", "中", "早", "中", "晚", "晚", "早", "早", "中"],
            "量": [1, 2, 4, 5, 6, 7, 8, 9, 1],
        },
    ),
    "footers.csv": (
        "产线,值,n\nA,1.5,1\nB,2.5,2\n\n制表人：张三,,审核：李四\n".encode(),
        {"产线": ["A", "B"], "值": [1.5, 2.5], "n": [1, 2]},
    ),
    "two_tables.csv": (b"x,y\n1,2\n3,4\n\nname,size\na,5\nb,6\n", XY),
    "big5.csv": (
        "日期,產線,溫度\n2025-12-31,一號線,20.5\n2026-01-01,二號線,21\n".encode("big5"),
        {"日期": [at(2025, 12, 31), at(2026, 1, 1)], "產線": ["一號線", "二號線"], "溫度": [20.5, 21.0]},
    ),
    "shift_jis.csv": (
        "ライン,温度\nラインA,20.5\nラインB,21\n".encode("shift_jis"),
        {"ライン": ["ラインA", "ラインB"], "温度": [20.5, 21.0]},
    ),
    "cyrillic.csv": (
        "Дата;Линия\n31.12.2025;Первая\n01.01.2026;Вторая\n".encode("cp1251"),
        {"Дата": [at(2025, 12, 31), at(2026, 1, 1)], "Линия": ["Первая", "Вторая"]},
    ),
    "comments.csv": (
        b"# logger 3.1\n# t, v\nt,v\n1,1.5\n# pause\n2,2.5\n# end\n",
        {"t": [1, 2], "v": [1.5, 2.5]},
    ),
    "header_in_a_comment.txt": (b"# x y\n1 2\n3 4\n", XY),
    "number_sign_header.csv": (b"#,y\n1,2\n3,4\n", {"#": [1, 3], "y": [2, 4]}),
    "blanks_and_clocks.txt": (
        b"clock     temp   press\n00:00:01  1.5    2\n00:00:02  1.6    3\n",
        {"clock": ["00:00:01", "00:00:02"], "temp": [1.5, 1.6], "press": [2, 3]},
    ),
    "units_in_cells.csv": (
        "t,p\n25℃,3.5 bar\n26℃,3.6 bar\n".encode(),
        {"t": [25, 26], "p": [3.5, 3.6]},
    ),
    "three_headers.csv": (
        "设备,一号机,,二号机,\n测点,温度,压力,温度,压力\n单位,℃,MPa,℃,MPa\nA,1.5,2,3,4\nB,2.5,3,4,5\n".encode(),
        {
            "设备 测点": ["A", "B"],
            "一号机 温度": [1.5, 2.5],
            "一号机 压力": [2, 3],
            "二号机 温度": [3, 4],
            "二号机 压力": [4, 5],
        },
    ),
    "two_languages.csv": (
        "产线,温度\nLine,Temperature\nA,1.5\nB,1.6\n".encode(),
        {"产线 Line": ["A", "B"], "温度 Temperature": [1.5, 1.6]},
    ),
    "invisible_header.csv": ("a,\u200b\n1,2\n3,4\n".encode(), {"a": [1, 3], "column2": [2, 4]}),
    "few_rows_with_subtotals.csv": (
        "产线,班次,产量\nA,早,10\nA,晚,20\n小计,,30\nB,早,5\nB,晚,6\n小计,,11\n总计,,41\n".encode(),
        {"产线": ["A", "A", "B", "B"], "班次": ["早", "晚", "早", "晚"], "产量": [10, 20, 5, 6]},
    ),
    "printed_pages.csv": (
        "日报,,\n线,班,量\nA,早,1\nA,中,2\n第1页 共2页,,\n"
        "日报,,\n线,班,量\nB,早,3\nB,中,4\n第2页 共2页,,\n".encode(),
        {"线": ["A", "A", "B", "B"], "班": ["早", "中", "早", "中"], "量": [1, 2, 3, 4]},
    ),
    "signed.csv": (
        "序号,名称,数量\n1,螺栓,10\n2,螺母,20\n,,\n编制：王五,审核：,批准：\n".encode(),
        {"序号": [1, 2], "名称": ["螺栓", "螺母"], "数量": [10, 20]},
    ),
    "list_of_signatures.csv": (
        "记录,人\n审核：甲,张\n审核：乙,李\n".encode(),
        {"记录": ["审核：甲", "审核：乙"], "人": ["张", "李"]},
    ),
    "hours_alone.csv": (
        "日期,v\n2025年3月1日,1\n2025年3月2日 8时,2\n2025年3月3日8:05,3\n".encode(),
        {"日期": [at(2025, 3, 1), at(2025, 3, 2, 8), at(2025, 3, 3, 8, 5)], "v": [1, 2, 3]},
    ),
    "end_of_day.csv": (
        b"time,v\n2025-02-28 23:30:00,1\n2025-02-28 24:00:00,2\n",
        {"time": [at(2025, 2, 28, 23, 30), at(2025, 3, 1)], "v": [1, 2]},
    ),
    "dates_and_serials.csv": (
        "日期,v\n2025-12-31,1\n46023,2\n2026/1/2,3\n46025.5,4\n".encode(),
        {"日期": [at(2025, 12, 31), at(2026, 1, 1), at(2026, 1, 2), at(2026, 1, 3, 12)], "v": [1, 2, 3, 4]},
    ),
    "since_1970.csv": (
        b"ts,timestamp,time,n\n1740787200,1740787200500,1740787200000000000,1740787200\n"
        b"1740787260,1740787260000,1740787260000001000,1740787260\n",
        {
            "ts": [at(2025, 3, 1), at(2025, 3, 1, 0, 1)],
            "timestamp": [at(2025, 3, 1, 0, 0, 0, 500000), at(2025, 3, 1, 0, 1)],
            "time": [at(2025, 3, 1), at(2025, 3, 1, 0, 1, 0, 1)],
            "n": [1740787200, 1740787260],
        },
    ),
    "dense_clock.csv": (
        b"time,v\n20250301083000,1\n20250301083100,2\n",
        {"time": [at(2025, 3, 1, 8, 30), at(2025, 3, 1, 8, 31)], "v": [1, 2]},
    ),
    "named_zones.csv": (
        b'time,u,w\n2025-03-01 08:00 CST,2025-03-01 08:00:00 Asia/Shanghai,"Sat, 01 Mar 2025 08:00:00 GMT"\n'
        b'2025-03-01 09:00 CST,2025-03-01 09:00:00 Asia/Shanghai,"Sat, 01 Mar 2025 09:00:00 GMT"\n',
        {key: [at(2025, 3, 1, 8), at(2025, 3, 1, 9)] for key in ("time", "u", "w")},
    ),
    "two_named_zones.csv": (
        b"time,v\n2025-03-09 01:00 CST,1\n2025-03-09 03:00 CDT,2\n",
        {"time": ["2025-03-09 01:00 CST", "2025-03-09 03:00 CDT"], "v": [1, 2]},
    ),
    "percent_and_permille.csv": (
        "r,n\n12%,1\n0.5‰,2\n15%,3\n".encode(),
        {"r": [12.0, 0.05, 15.0], "n": [1, 2, 3]},
    ),
    "yuan.csv": (
        "a,b\n1.2万元,12元\n3亿,13元\n5000,14元\n2千,15元\n".encode(),
        {"a": [12000, 300000000, 5000, 2000], "b": [12, 13, 14, 15]},
    ),
    "mostly_limits.csv": (
        b"v,n\n<0.01,1\n<0.01,2\n<0.01,3\n0.5,4\n0.7,5\n",
        {"v": [None, None, None, 0.5, 0.7], "n": [1, 2, 3, 4, 5]},
    ),
    "one_column.csv": (b"v\n1\n2\n", {"v": [1, 2]}),
    "one_row.csv": (b"x,y\n1,2\n", {"x": [1], "y": [2]}),
    "zipped.csv.gz": (gzip.compress(b"x,y\n1,2\n3,4\n"), XY),
    "lines.jsonl": (
        b'{"x": 1, "s": {"t": "2025-12-31T08:00:00"}}\n'
        b'{"x": 2.5, "s": {"t": "2026-01-01T08:00:00"}, "extra": "a"}\n',
        {"x": [1.0, 2.5], "s.t": [at(2025, 12, 31, 8), at(2026, 1, 1, 8)], "extra": [None, "a"]},
    ),
    "list.json": (json.dumps([{"x": 1, "y": 2}, {"x": 3, "y": 4}]).encode(), XY),
    "nested.json": (json.dumps({"ok": True, "rows": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}).encode(), XY),
    "page.xls": (
        b"<html><head><meta charset='utf-8'></head><body><p>report</p><table><tr><th>x</th><th>y</th></tr>"
        b"<tr><td>1</td><td>2</td></tr><tr><td>3<td>4</tr></table></body></html>",
        XY,
    ),
    "really_csv.xls": (b"x\ty\n1\t2\n3\t4\n", XY),
    "really_xlsx.csv": (sheet_of(["x", "y"], [1, 2], [3, 4]), XY),
    "full_width_separators.csv": ("x，y\n1，2\n3，4\n".encode(), XY),
    "text_in_numbers_of_excel.xlsx": (
        sheet_of(["id", "v"], ["007", 1.5], ["012", 2.5]),
        {"id": ["007", "012"], "v": [1.5, 2.5]},
    ),
    "totals.xlsx": (
        sheet_of(["产线", "产量"], ["A", 10], ["B", 20], ["合 计", 30], ["制表：张三"]),
        {"产线": ["A", "B"], "产量": [10, 20]},
    ),
    "serials.xlsx": (
        sheet_of(["日期", "v"], [46022, 1], [46023.5, 2]),
        {"日期": [at(2025, 12, 31), at(2026, 1, 1, 12)], "v": [1, 2]},
    ),
    "two_tables.xlsx": (sheet_of(["x", "y"], [1, 2], [3, 4], [], ["name", "size"], ["a", 5], ["b", 6]), XY),
    "side_by_side.xlsx": (
        sheet_of(["x", "y", "", "name", "size"], [1, 2, "", "a", 5], [3, 4], [5, 6], [7, 8]),
        {"x": [1, 3, 5, 7], "y": [2, 4, 6, 8]},
    ),
}


@pytest.mark.parametrize("name", LOADS)
def test_an_ugly_file_loads_with_its_values(write, name):
    content, expected = LOADS[name]

    found = files.read_file(write(name, content)).table.to_pydict()

    assert found == expected
    for column, values in expected.items():
        assert [type(v) for v in found[column]] == [type(v) for v in values], column


def notes_of(path: Path) -> str:
    """Return all that is told of a file, in English."""
    return "\n".join(note["en"] for note in files.read_file(path).report.notes)


TOLD = {
    "ambiguous.csv": (
        b"t,x\n03/04/2026,1\n05/06/2026,2\n",
        "03/04 read month first: they could be read both ways",
    ),
    "zones.csv": (b"t,x\n2025-12-31T08:00:00+08:00,1\n", "times kept as written, zone +08:00"),
    "totals.csv": ("a,b\nx,1\ny,2\n合计,3\n".encode(), "1 rows of totals or remarks kept aside: 合计 | 3"),
    "limits.csv": (b"v\n<0.01\n0.5\n0.7\n", "1 cells such as <0.01 are limits"),
    "missing.csv": (b"v,n\nN/A,1\n2,2\n", "v: 1 cells such as 'N/A' taken as missing"),
    "nul.csv": (b"x,y\n1,2\n\x003,4\n", "1 NUL bytes left out"),
    "quote.csv": (b'x,y\n1,"2\n3,4\n', "a quotation mark is not closed, line 1"),
    "titles.csv": (b"Report\n\nx,y\n1,2\n3,4\n", "1 lines above the table left out"),
    "tables.csv": (b"x,y\n1,2\n\nname,size\na,5\n", "another table begins below an empty row: its 2 rows"),
    "page.xls": (b"<table><tr><td>x</td><td>y</td></tr><tr><td>1</td><td>2</td></tr></table>", "a web page"),
    "formulas.xlsx": (
        book(
            lambda b: [
                s := b.add_worksheet(),
                s.write_row(0, 0, ["x", "y"]),
                s.write_row(1, 0, [1]),
                s.write_formula(1, 1, "=A2*2", None, ""),
                s.write_row(2, 0, [2, 5]),
            ]
        ),
        "1 formulas have no stored result",
    ),
    "filtered.xlsx": (
        book(
            lambda b: [
                s := b.add_worksheet(),
                s.write_column(0, 0, ["v", 1, 2, 3]),
                s.set_row(2, None, None, {"hidden": True}),
            ]
        ),
        "1 hidden rows, such as a filter leaves, are read too",
    ),
    "hidden.xlsx": (
        book(
            lambda b: [
                h := b.add_worksheet("secret"),
                h.write(0, 0, "no"),
                h.hide(),
                s := b.add_worksheet("open"),
                s.activate(),
                s.set_first_sheet(),
                s.write_column(0, 0, ["v", 1, 2]),
            ]
        ),
        "sheet 'open' read; the workbook also has: secret (hidden)",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_was_decided_is_told(write, name):
    content, told = TOLD[name]

    assert told in notes_of(write(name, content))


def test_cells_in_error_are_rejected_and_formulas_give_their_stored_result(write):
    def fill(made):
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, ["n", "ratio"])
        for row in range(1, 6):
            sheet.write(row, 0, row)
            sheet.write_formula(row, 1, f"=A{row + 1}/2", None, "#DIV/0!" if row == 3 else row / 2)

    found = files.read_file(write("a.xlsx", book(fill)))

    assert found.table["ratio"].to_pylist() == [0.5, 1.0, None, 2.0, 2.5]
    assert [(r.row, r.column, r.text) for r in found.report.rejected] == [(4, "ratio", "#DIV/0!")]


def test_a_cell_merged_over_rows_stands_in_each_of_them(write):
    def fill(made):
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, ["line", "v"])
        sheet.merge_range(1, 0, 3, 0, "A")
        sheet.write(4, 0, "B")
        sheet.write_column(1, 1, [1, 2, 3, 4])

    assert files.read_file(write("a.xlsx", book(fill))).table.to_pydict() == {
        "line": ["A", "A", "A", "B"],
        "v": [1, 2, 3, 4],
    }


def test_dates_and_hidden_rows_of_a_workbook_with_the_1904_calendar(write):
    def fill(made):
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, ["t", "v"])
        day = made.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_datetime(1, 0, at(2025, 12, 31, 6, 15), day)
        sheet.write(1, 1, 1.5)

    found = files.read_file(write("a.xlsx", book(fill, date_1904=True))).table.to_pydict()

    assert found == {"t": [at(2025, 12, 31, 6, 15)], "v": [1.5]}


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_sixteen_thousand_columns_load(write, ending):
    names, row = [f"s{i}" for i in range(16384)], [i / 2 for i in range(16384)]
    text = "\n".join(",".join(map(str, line)) for line in (names, row, row)).encode()
    content = text if ending == "csv" else sheet_of(names, row, row)

    found = files.read_file(write(f"wide.{ending}", content)).table

    assert (found.num_columns, found.num_rows, found["s16383"].to_pylist()) == (16384, 2, [8191.5, 8191.5])


def lying_zip() -> bytes:
    """Write a zip that says of its file that it is small."""
    content = bytearray(packed({"a.csv": b"x,y\n" + b"1,2\n" * 5_000_000}))
    for mark, at_size in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.find(mark)
        content[start + at_size : start + at_size + 4] = (1000).to_bytes(4, "little")
    return bytes(content)


def encrypted_zip() -> bytes:
    """Mark the only file of a zip as encrypted."""
    content = bytearray(packed({"a.csv": b"x,y\n1,2\n"}))
    content[content.find(b"PK\x03\x04") + 6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


REFUSED = {
    "header_only.csv": (b"x,y,z\n", "a header without rows"),
    "header_only.xlsx": (sheet_of(["x", "y"]), "a header without rows"),
    "empty.csv": (b"", "0 bytes"),
    "empty.xlsx": (book(lambda made: made.add_worksheet()), "only empty sheets"),
    "empty.jsonl": (b"\n\n", "no JSON object"),
    "deep.json": (b"[" * 100_000, "damaged JSON"),
    "one_cell.csv": (b"a" * 17 * 2**20, "a cell of more than 16 million characters"),
    "packed.tar.gz": (gzip.compress(b"a.csv" + bytes(507)), "an archive"),
    "broken.json": (b'[{"a": 1}, {"a": ', "damaged JSON"),
    "no_table.html": (b"<html><body>hello</body></html>", "a web page without a table"),
    "cut.zip": (packed({"a.csv": b"x,y\n1,2\n" * 500})[:-60], "a damaged or unknown zip"),
    "empty.zip": (packed({}), "no file"),
    "nested.zip": (packed({"inner.zip": packed({"a.csv": b"x\n1\n"})}), "archives inside the archive"),
    "pictures.zip": (packed({"a.png": b"\x89PNG"}), "no table"),
    "bomb.zip": (packed({"a.csv": b"0" * 200_000_000}), "0.2 GB packed into"),
    "lying.zip": (lying_zip(), "a damaged or unknown zip"),
    "encrypted.zip": (encrypted_zip(), "protected by a password"),
    "bomb.xlsx": (
        packed({"[Content_Types].xml": b"<x/>", "xl/worksheets/sheet1.xml": b" " * 300_000_000}),
        "unpacks to 0.3 GB",
    ),
    "archive.rar": (b"Rar!\x1a\x07\x00" + bytes(100), "an archive"),
    "spreadsheet2003.xls": (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        "an XML document",
    ),
    "cut.gz": (gzip.compress(b"x,y\n1,2\n" * 100)[:30], "a file that cannot be read"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_refused_in_one_sentence_and_leaves_no_trace(tables, write, name):
    content, reason = REFUSED[name]

    with pytest.raises(Invalid) as caught:
        ingest.add_file(tables, write(name, content))

    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250
    assert list(tables.workspace.tables.iterdir()) == []
    assert list(tables.workspace.uploads.iterdir()) == []


def test_a_zip_with_names_that_lead_outside_stays_inside(tables, write, tmp_path):
    path = write(
        "a.zip",
        packed({"../../outside.csv": b"x,y\n1,2\n", "/etc/other.csv": b"a\n1\n", "read.me": b"hello"}),
    )

    added = ingest.add(tables, path)

    assert sorted(each.table.name for each in added) == ["other", "outside"]
    assert [f.name for f in tmp_path.rglob("outside.csv")] == []
    assert any("left out: read.me" in note["en"] for note in added[0].table.notes)


def test_a_link_in_a_zip_is_left_out(tables, write):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        link = zipfile.ZipInfo("link.csv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("ok.csv", "x,y\n1,2\n")

    added = ingest.add(tables, write("a.zip", stream.getvalue()))

    assert [each.table.name for each in added] == ["ok"]
    assert any("left out: link.csv" in note["en"] for note in added[0].table.notes)


def parquet_of(array: pa.Array) -> bytes:
    """Write a Parquet file of one column v."""
    stream = io.BytesIO()
    pq.write_table(pa.table({"v": array}), stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("array", "stored"),
    [
        (pa.array([2**63 - 1], pa.uint64()), 2**63 - 1),
        (pa.array([1_500_000], pa.duration("us")), 1.5),
        (pa.array([dt.time(8)], pa.time64("us")), "08:00:00"),
        (pa.array([dt.time(8, 0, 1, 250000)], pa.time64("us")), "08:00:01.25"),
    ],
    ids=["large whole numbers", "durations", "clock", "clock with fractions"],
)
def test_types_that_a_table_has_not_keep_their_value(tables, write, array, stored):
    ingest.add_file(tables, write("a.parquet", parquet_of(array)))

    assert tables.head("a")["v"].tolist() == [stored]


def test_a_whole_number_that_no_table_holds_is_refused(tables, write):
    with pytest.raises(Invalid, match="column v: got a whole number above 9223372036854775807"):
        ingest.add_file(tables, write("a.parquet", parquet_of(pa.array([2**63], pa.uint64()))))


def test_files_of_a_zip_that_are_alike_are_stacked(tables, write):
    month = {
        f"{name}.csv": f"t,v\n2025-{name}-01,{value}\n".encode() for name, value in (("11", 1), ("12", 2.5))
    }

    added = ingest.add(tables, write("2025.zip", packed(month)))

    assert [each.table.name for each in added] == ["t_2025"]
    assert tables.head("t_2025").to_dict("list") == {
        "t": [at(2025, 11, 1), at(2025, 12, 1)],
        "v": [1.0, 2.5],
        "file": ["11.csv", "12.csv"],
    }


def test_a_chinese_name_in_a_zip_of_windows_is_read(tables, write):
    raw = "产量.csv".encode("gbk")
    content = packed({"a" * len(raw) + ".csv": b"x,y\n1,2\n"}).replace(
        b"a" * len(raw) + b".csv", raw + b".csv"
    )

    assert [each.table.name for each in ingest.add(tables, write("z.zip", content))] == ["产量_csv"]
