"""Rows with budgets, and how they are shown."""


def row(what, value, unit, budget=None, at_least=True, **detail):
    """One line of a scenario. Without `budget` it is printed beside others.

    `at_least` says on which side of the budget the value has to be.
    """
    result = {"what": what, "value": round(value, 4), "unit": unit}
    if budget is not None:
        result["budget"] = budget
        result["at_least"] = at_least
        result["ok"] = value >= budget if at_least else value <= budget
    return result | detail


def margin(each):
    """By how much a row keeps its budget; below 1 it does not."""
    value, budget = each["value"], each["budget"]
    if each["at_least"]:
        return value / budget
    return budget / value if value > 0 else float("inf")


def summary(name, rows):
    """The report of a scenario: the row with the least margin stands for it."""
    bounded = [each for each in rows if "budget" in each]
    tightest = min(bounded, key=margin) if bounded else None
    first = tightest or rows[0]
    return {"name": name, "value": first["value"], "unit": first["unit"],
            "budget": first.get("budget"),
            "ok": all(each.get("ok", True) for each in rows),
            "detail": {"row": first["what"], "rows": rows}}


def unfinished(name, error):
    """The report of a scenario that could not be run to its end."""
    return {"name": name, "value": None, "unit": "", "budget": None,
            "ok": False,
            "detail": {"row": f"did not finish: {error}", "rows": []}}


def budget_text(each):
    if "budget" not in each:
        return ""
    sign = "≥" if each["at_least"] else "≤"
    return f"{sign} {each['budget']}  {'ok' if each['ok'] else 'MISSED'}"


def figures(each):
    hidden = {"what", "value", "unit", "budget", "at_least", "ok", "samples"}
    return ", ".join(f"{key} {value}" for key, value in each.items()
                     if key not in hidden)


def value_text(each):
    value = each["value"]
    if value is None:
        return "-"
    number = f"{value:,.0f}" if value >= 1000 else f"{value:g}"
    return f"{number} {each['unit']}".rstrip()


def show(found):
    """All rows of one scenario."""
    print(f"\n{found['name']}")
    rows = found["detail"]["rows"]
    if not rows:
        print(f"  {found['detail']['row']}")
    width = max((len(each["what"]) for each in rows), default=0)
    for each in rows:
        print(f"  {each['what']:<{width}}  {value_text(each):<16} "
              f"{budget_text(each):<16} {figures(each)}".rstrip())


def table(all_found):
    """One line per scenario: its tightest row."""
    print(f"\n{'scenario':<14}{'value':>14}{'budget':>10}  row")
    for each in all_found:
        state = "ok" if each["ok"] else "MISSED"
        budget = "-" if each["budget"] is None else f"{each['budget']:g}"
        print(f"{each['name']:<14}{value_text(each):>14}{budget:>10}  "
              f"{each['detail']['row']} ({state})")
