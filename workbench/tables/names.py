"""What columns are called in plants: English and Chinese words for one thing, and how near two names are.

Decides that ``设备编号`` and ``machine_id`` say the same whatever a template lists; a template's own synonyms
come before these. Knows nothing of types, units or rows.
"""

import re
from difflib import SequenceMatcher
from functools import lru_cache

# One thing a line. A word that means two things (batch: lot or run) stands in the line it is used for most.
_SAME = """
ts time timestamp datetime date_time date measured_at recorded_at sampled_at logged_at event_time
 record_time sample_time collect_time 时间 时间戳 日期 日期时间 采样时间 采集时间 测量时间 记录时间
 检测时间 上传时间 时刻 发生时间
start start_time ts_start begin begin_time started_at 开始 开始时间 起始时间 开工时间 停机开始
 停机开始时间
end end_time ts_end finish finish_time ended_at 结束 结束时间 终止时间 完工时间 停机结束 停机结束时间
 恢复时间
asset asset_id asset_no asset_name machine machine_id machine_no machine_name equipment equipment_id
 equipment_no device device_id device_no device_name equip_no 设备 设备编号 设备号 设备名称 机台 机台号
 机台编号 机器 机器编号 机号
line line_id line_no production_line 产线 生产线 线别 产线编号 线体
tag tag_name tag_id point point_id point_name sensor sensor_id signal channel 位号 测点 测点名 测点编号
 点位 点名 传感器
value reading measurement measured_value meas_value val pv 值 数值 读数 测量值 实测值 检测值 采样值 当前值
 实际值
temperature temp tmp 温度 实际温度 当前温度
pressure press 压力 压强 实际压力
flow flow_rate flowrate 流量 瞬时流量
humidity rh 湿度 相对湿度
speed rpm rotation_speed 转速 速度 主轴转速
current amps 电流
voltage volt 电压
power active_power 功率 有功功率
energy consumption energy_consumption kwh electricity 电量 用电量 能耗 耗电量 电能 用能量
vibration v_rms vib 振动 振动速度 振动值 振动烈度
torque 扭矩 力矩 转矩
level liquid_level 液位 料位
weight mass 重量 质量 净重
diameter dia 直径 外径 内径 孔径 轴径
length len 长度
width 宽度
height 高度
thickness 厚度
hardness 硬度
part part_no part_id part_number 零件 零件号 零件编号 工件 工件号 样件
product product_id product_no product_name sku item item_no material 产品 产品编号 产品型号 品号 料号 物料
 物料编码 品名
batch batch_id batch_no lot lot_id lot_no 批 批号 批次 批次号
subgroup subgroup_id sample sample_no sample_id 子组 子组号 样本 样本号 样品号 组号 抽样号
operator operator_id worker inspector appraiser 操作员 操作工 检验员 测量员 评价人 员工
shift shift_id shift_name 班次 班别 班组
reason cause fault fault_code downtime_reason 原因 停机原因 故障原因 故障代码 故障类型
duration duration_min minutes downtime downtime_min 时长 持续时间 停机时间 停机时长 历时 分钟数
quantity qty count pieces output 数量 件数 产量 个数
good good_qty good_pcs ok_qty 合格数 良品数 合格品数 合格数量
scrap scrap_qty rejects ng_qty defects defective 不良数 不合格数 不合格品数 废品数 报废数 缺陷数 不良品数
cost amount money 成本 金额 费用 损失
status state 状态 运行状态 设备状态
unit unit_id 单元 单元编号
cycle cycles cycle_count 循环 循环数 周期数
order order_no work_order job 工单 工单号 订单 订单号 生产单号
"""
_UNIT = re.compile(r"[(\[（【].*?[)\]）】]|,[^,]{1,12}$")
_WORD = re.compile(r"[^\W_]+")
_CJK = re.compile(r"[\u4e00-\u9fff]{2,}")
SHORTEST = 5  # letters of a name that may be misspelt; shorter ones differ by a letter and mean another thing
NEAR = 0.84


def plain(name: str) -> str:
    """Reduce a name to what is said: no unit, case, spaces, underscores or dots."""
    return "".join(_WORD.findall(_UNIT.sub("", name))).casefold() or name.casefold()


def words(name: str) -> frozenset[str]:
    """Return the words of a name, without its unit."""
    return frozenset(word.casefold() for word in _WORD.findall(_UNIT.sub("", name)))


_LINES = re.sub(r"\n ", " ", _SAME).strip().splitlines()
_CALLED = [frozenset(plain(name) for name in line.split()) for line in _LINES]
_THINGS = {name: number for number, called_ in enumerate(_CALLED) for name in called_}


def thing(said: str) -> int | None:
    """Return the number of the thing a plain name stands for; None for a name no list has."""
    return _THINGS.get(said)


def called(number: int) -> frozenset[str]:
    """Return all plain names of a thing."""
    return _CALLED[number]


@lru_cache(maxsize=65536)
def is_near(said: str, wanted: str) -> bool:
    """Whether a name looks like another one misspelt or cut short: ``temprature``."""
    if min(len(said), len(wanted)) < SHORTEST or said[:1] != wanted[:1]:
        return False
    return SequenceMatcher(None, said, wanted).ratio() >= NEAR


def ends_with(said: str, wanted: str) -> bool:
    """Whether a Chinese name ends with another: ``主轴温度`` is a ``温度``."""
    return said.endswith(wanted) and bool(_CJK.fullmatch(wanted))
