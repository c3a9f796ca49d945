"""A certificate as a page of A4 across, ready to be printed; names are shown as text, whatever is in them."""

import io
import re
import zipfile
from collections.abc import Iterable
from html import escape

from workbench.competitions.certificates import Certificate
from workbench.config import pick
from workbench.runs import printing

WIDTH_MM = 297
WORDS = {
    "en": {
        "certificate": "Certificate",
        "awarded": "is awarded to",
        "rank": "Place {rank} of {teams}",
        "score": "Score",
        "min": "smaller is better",
        "max": "larger is better",
        "public": "on the rows that are shown",
        "private": "on the rows that were kept back",
        "interim": "Interim standing: the phase was still open on this day",
        "phase": "Phase",
        "day": "Date",
        "organiser": "Organiser",
        "code": "Verification code",
        "gold": "Gold medal",
        "silver": "Silver medal",
        "bronze": "Bronze medal",
    },
    "zh": {
        "certificate": "证书",
        "awarded": "授予",
        "rank": "第 {rank} 名（共 {teams} 队）",
        "score": "成绩",
        "min": "越小越好",
        "max": "越大越好",
        "public": "按公开样本计算",
        "private": "按保留样本计算",
        "interim": "阶段性名次：当日该阶段尚未结束",
        "phase": "阶段",
        "day": "日期",
        "organiser": "组织者",
        "code": "验证码",
        "gold": "金牌",
        "silver": "银牌",
        "bronze": "铜牌",
    },
}
STYLE = """
@page{size:A4 landscape;margin:0}*{box-sizing:border-box}
body{margin:0;color:#1f2933;
font-family:"Noto Sans CJK SC","Noto Sans SC","Microsoft YaHei",system-ui,sans-serif}
main{width:297mm;height:209mm;padding:12mm;overflow:hidden}
section{height:100%;border:1.2mm solid #1f5fa8;outline:.3mm solid #1f5fa8;outline-offset:-3mm;
padding:14mm 22mm 11mm;
display:flex;flex-direction:column;text-align:center}
h1{font-size:15mm;font-weight:600;letter-spacing:.08em;color:#1f5fa8;margin:0}
h2{font-size:7mm;font-weight:500;margin:2mm 0 0;overflow-wrap:anywhere;line-height:1.25}
p{margin:0;font-size:4.4mm;color:#52606d}.team{font-size:11mm;font-weight:700;margin:2mm 0 0;color:#1f2933;
overflow-wrap:anywhere;line-height:1.2}.long{font-size:8mm}.middle{flex:1;display:flex;flex-direction:column;
justify-content:center;gap:2mm}.rank{font-size:9mm;font-weight:700;color:#1f5fa8;margin-top:2mm}
.score{font-size:6mm;color:#1f2933}.interim{color:#b26a00}
dl{display:flex;justify-content:space-between;gap:8mm;margin:0;text-align:left;border-top:.3mm solid #cbd2d9;
padding-top:4mm}dt{font-size:3.4mm;color:#6b7280}dd{margin:0;font-size:4.4mm;overflow-wrap:anywhere}
.code{font-family:"Noto Sans Mono",monospace;letter-spacing:.05em;white-space:nowrap}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html(certificate: Certificate, language: str) -> str:
    """Return a certificate as one page that needs nothing else."""
    words, facts = WORDS[language], certificate.facts
    title, team = pick(facts.title, language), facts.team
    ranked = words["rank"].format(rank=facts.rank, teams=facts.teams)
    medal = f" · {words[facts.medal]}" if facts.medal else ""
    score = f"{words['score']} {facts.score} ({pick(facts.metric, language)}, {words[facts.better]})"
    interim = "" if facts.final else f'<p class="interim">{words["interim"]}</p>'
    below = [
        (words["phase"], pick(facts.phase_title, language), ""),
        (words["day"], certificate.day, ""),
        (words["organiser"], facts.organiser, ""),
        (words["code"], certificate.code, ' class="code"'),
    ]
    listed = "".join(
        f"<div><dt>{name}</dt><dd{kind}><bdi>{escape(value)}</bdi></dd></div>"
        for name, value, kind in below
        if value
    )
    long = " long" if len(team) > 24 else ""
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><style>{STYLE}</style></head><body>'
        f"<main><section><h1>{words['certificate']}</h1><h2><bdi>{escape(title)}</bdi></h2>"
        f'<div class="middle"><p>{words["awarded"]}</p>'
        f'<div class="team{long}"><bdi>{escape(team)}</bdi></div>'
        f'<div class="rank">{ranked}{medal}</div><div class="score"><bdi>{escape(score)}</bdi></div>'
        f"<p>{words[facts.rows]}</p>{interim}</div><dl>{listed}</dl></section></main></body></html>"
    )


def pdf(certificate: Certificate, language: str) -> bytes:
    """Return a certificate as PDF."""
    return printing.pdf(html(certificate, language), width_mm=WIDTH_MM)


def file_name(certificate: Certificate) -> str:
    """Return a name for the file: the place first, so that a folder sorts by it."""
    team = re.sub(r"[^\w-]+", "-", certificate.facts.team).strip("-") or "team"
    return f"{certificate.facts.rank:03d}-{team[:40]}-{certificate.code[:4]}.pdf"


def bundle(certificates: Iterable[Certificate], language: str) -> bytes:
    """Return all certificates in one zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in certificates:
            archive.writestr(file_name(each), pdf(each, language))
    return out.getvalue()
