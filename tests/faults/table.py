"""Results as a table for people."""

HEADINGS = ("FAULT", "D", "REQUESTS", "FAILED", "LOST", "DOUBLED",
            "LONGEST GAP", "VERDICT")


def row_of(result):
    gap = result["longest_gap_ms"]
    return (result["scenario"], result["promises"],
            str(result["requests"]), str(result["failed"]),
            str(result["lost"]),
            "-" if result["doubled"] is None else str(result["doubled"]),
            "-" if gap is None else f"{gap:.0f} ms", result["verdict"])


def format_table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width
                               in zip(row, widths)).rstrip() for row in rows)


def explain(result):
    """What the row does not say: figures, and why it is not `holds`."""
    lines = [f"{result['scenario']}: {result['fault']}"]
    lines += [f"    {name}: {value}"
              for name, value in result["figures"].items()]
    lines += [f"    not judged here: {what}"
              for what in result["times_not_judged"]]
    lines += [f"    {result['verdict']}: {why}" for why in result["why"]]
    return "\n".join(lines)
