"""What is said about limits in force and confirmed causes when something is wrong, in Chinese."""

LIMIT_PHRASES = {
    "who does this, at most 100 characters": "操作人姓名，最多 100 个字符",
    "no reason": "没有理由",
    "a reason for the history": "写明理由，以便留存",
    "today or later: nothing holds before it is approved": "今天或以后：批准之前不能生效",
    "a day or a time such as 2026-03-01 or 2026-03-01T06:00": "日期或时间，如 2026-03-01T06:00",
    "a time of this century": "本世纪内的时间",
    "changed by somebody else": "已被他人更改",
    "look at them again": "请重新查看",
    "propose new ones from a run": "请从某次运行重新提议",
    "a run that computed its limits": "自行计算控制限的运行",
    "run it again with the limits recomputed, then propose those": "请重新计算后再提议",
    "none that can be applied to other data": "没有可用于其他数据的控制限",
    "a chart whose limits do not depend on the data at hand": "控制限不依赖当前数据的控制图",
    "a run that found limits": "已得出控制限的运行",
    "what was found behind the signal": "信号背后的原因",
    "proposed limits": "已提议的控制限",
    "approved limits": "已批准的控制限",
    "rejected limits": "已否决的控制限",
    "withdrawn limits": "已撤回的控制限",
}
