"""One page of all results, with a bar for each row that has a budget. Needs no
network."""

import html
import time

from support import report

STYLE = """
:root { --ink: #1c2733; --dim: #66727f; --line: #dde3e9; --paper: #fff;
        --good: #2a8a57; --bad: #c8382e; --room: #e8f4ee; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e9ee; --dim: #93a0ad; --line: #333d47; --paper: #14191e;
          --good: #4cb782; --bad: #ef6a5f; --room: #1c2f27; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink);
       background: var(--paper); max-width: 62rem; margin: 2.5rem auto;
       padding: 0 1.5rem; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 2.4rem 0 .6rem; }
p, summary { color: var(--dim); margin: .3rem 0; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .3rem .8rem .3rem 0; vertical-align: top;
         border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--dim); }
.number { text-align: right; white-space: nowrap; width: 7rem;
          font-variant-numeric: tabular-nums; }
.bar { width: 15rem; padding-right: 0; }
.ok { color: var(--good); } .missed { color: var(--bad); font-weight: 600; }
.plain { color: var(--dim); font-weight: 400; }
details { margin-top: .5rem; font-size: .9em; }
svg { display: block; margin-top: .35rem; }
.room { fill: var(--room); } .frame { fill: none; stroke: var(--line); }
.good { fill: var(--good); } .bad { fill: var(--bad); }
.mark { stroke: var(--ink); stroke-width: 1.5; }
"""

WIDTH, HEIGHT = 240, 14
# The budget is in the middle; a bar ends at twice of it.
MIDDLE = WIDTH / 2


def bar(each):
    """The value as a bar from 0, the budget as a mark, and the side on which
    the bar has to end in colour."""
    if each["budget"] > 0:
        length = each["value"] / each["budget"] * MIDDLE
    else:
        length = 0 if each["value"] <= 0 else WIDTH
    cut = length > WIDTH
    length = max(1.5, min(length, WIDTH))
    room = (MIDDLE, WIDTH) if each["at_least"] else (0, MIDDLE)
    colour = "good" if each["ok"] else "bad"
    # A bar that goes on beyond the frame ends in a point.
    end = f"L{length - 7} 3 L{length} {HEIGHT / 2} L{length - 7} {HEIGHT - 3}" \
        if cut else f"L{length:.1f} 3 L{length:.1f} {HEIGHT - 3}"
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{each["value"]:g} against {each["budget"]:g}">'
        f'<rect class="room" x="{room[0]}" y="0" width="{MIDDLE}" '
        f'height="{HEIGHT}"/>'
        f'<path class="{colour}" d="M0 3 {end} L0 {HEIGHT - 3} Z"/>'
        f'<line class="mark" x1="{MIDDLE}" x2="{MIDDLE}" y1="0" '
        f'y2="{HEIGHT}"/>'
        f'<rect class="frame" x=".5" y=".5" width="{WIDTH - 1}" '
        f'height="{HEIGHT - 1}"/></svg>')


def cell(text, kind=""):
    return f'<td class="{kind}">{html.escape(text)}</td>'


def bounded_row(each):
    sign = "≥" if each["at_least"] else "≤"
    return ("<tr>" + cell(each["what"])
            + cell(report.value_text(each),
                   "number ok" if each["ok"] else "number missed")
            + cell(f"{sign} {each['budget']:g}", "number")
            + f'<td class="bar">{bar(each)}</td></tr>')


def figures_row(each):
    return ("<tr>" + cell(each["what"])
            + cell(report.value_text(each), "number")
            + cell(report.figures(each)) + "</tr>")


def state_of(found):
    """The class of the style sheet, and the words."""
    if not found["detail"]["rows"]:
        return "missed", found["detail"]["row"]
    if not bounded(found):
        return "plain", "no budget"
    return ("ok", "ok") if found["ok"] else ("missed", "missed")


def bounded(found):
    return [each for each in found["detail"]["rows"] if "budget" in each]


def section(found):
    rows = found["detail"]["rows"]
    kind, words = state_of(found)
    parts = [f'<h2>{html.escape(found["name"])} '
             f'<span class="{kind}">{html.escape(words)}</span></h2>']
    if bounded(found):
        parts.append("<table><tr><th>row<th class=number>value"
                     "<th class=number>budget<th>value against budget</tr>"
                     + "".join(map(bounded_row, bounded(found))) + "</table>")
    if rows:
        parts.append(f"<details{'' if bounded(found) else ' open'}>"
                     "<summary>all rows and figures</summary><table>"
                     + "".join(map(figures_row, rows)) + "</table></details>")
    return "\n".join(parts)


def draw(all_found):
    """The page as text."""
    machine = all_found[0]["detail"]["machine"]
    rows = [row for each in all_found for row in bounded(each)]
    verdict = f"{sum(row['ok'] for row in rows)} of {len(rows)} budgets held."
    if broken := [each["name"] for each in all_found
                  if not each["detail"]["rows"]]:
        verdict += f" Not finished: {', '.join(broken)}."
    about = (f"{machine['cpu']}, {machine['cores']} cores, Linux "
             f"{machine['kernel']}, load average before "
             f"{machine['load_average'][0]}, "
             f"{time.strftime('%Y-%m-%d %H:%M')}. Figures depend on the "
             "machine and on what else runs there; ratios less so.")
    return (f'<!doctype html><html lang="en"><meta charset="utf-8">'
            f"<title>Serval benchmarks</title><style>{STYLE}</style>"
            f"<h1>Serval benchmarks</h1><p>{html.escape(verdict)} The mark in "
            "a bar is its budget; a bar that ends in the tinted half keeps "
            f"it.</p><p>{html.escape(about)}</p>\n"
            + "\n".join(map(section, all_found)) + "</html>\n")
