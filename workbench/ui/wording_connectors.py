"""What connectors say, in Chinese: reasons, hints and gaps. What a source itself says is shown as it is."""

import re

CONNECTOR_PHRASES = {
    "connecting": "正在连接",
    "no server keeps it": "没有服务器在运行它",
    "collecting was stopped": "采集曾停止",
    "no answer": "没有应答",
    "the connection was lost": "连接中断",
    "not there": "不存在",
    "nothing": "空",
    "lost its session": "会话丢失",
    "the broker had forgotten this client's session": "服务器已丢失此客户端的会话",
    "the buffer was full: its oldest rows were dropped": "缓冲已满，最早的数据被丢弃",
    "the buffer on disk was damaged": "磁盘缓冲曾损坏",
    "no space left on device": "磁盘已满",
    "free some space": "请清理磁盘空间",
    "create it, or check the network drive": "请创建该文件夹，或检查网络驱动器",
    "check its rights": "请检查权限",
    "check the address, and that the server runs": "请检查地址，并确认服务器在运行",
    "check user, password and security": "请检查用户名、密码和安全策略",
    "check address, user and password, and that the broker runs": (
        "请检查地址、用户名和密码，并确认服务器在运行"
    ),
    "check address, user and password, and that the database runs": (
        "请检查地址、用户名和密码，并确认数据库在运行"
    ),
    "check table, query and key": "请检查表、查询语句和递增列",
    "check address, unit id and cable": "请检查地址、站号和网线",
    "check the address and the credentials": "请检查地址和凭据",
    "it is asked again later": "稍后会再次请求",
    "enter them again, or restore the key": "请重新输入，或恢复密钥",
    "their key is missing": "密钥文件缺失",
    "encrypted with another key": "由另一密钥加密",
    "a name that no other connector has": "与其他连接器不同的名称",
    "a table in source, or a SELECT in query": "在表中填表名，或填写 SELECT 查询",
    "one SELECT in query": "一条 SELECT 查询",
    "a folder that this server can read": "本服务器可读取的文件夹",
    "name or address": "主机名或地址",
    "letters, digits and underscores, with at most one dot, as in line1.torque": (
        "字母、数字和下划线，最多一个点，如 line1.torque"
    ),
    "a list of records": "记录列表",
    "an empty cell": "空单元格",
    "a column that grows, such as a number or a time, without empty cells": (
        "不断增大且无空值的列，如编号或时间"
    ),
    "field required": "必填",
}
CONNECTOR_PATTERNS = (
    (re.compile(r"no answer within (\d+) s"), "{} 秒内没有应答"),
    (re.compile(r"a message of (.*) is missing in its sequence"), "{} 的消息序号缺失"),
    (re.compile(r"the buffer of (\d+) MB is full"), "{} MB 的缓冲已满"),
    (
        re.compile(r"(?:Modbus device|broker|OPC UA server|database|folder|REST server) .*?: got (.*)"),
        "来源没有应答：{}",
    ),
)
