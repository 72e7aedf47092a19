"""Deliberate defects of the product, and the scenarios that must see them.

The hooks are `if (defect("NAME"))` in src/, and exist only in a build with
-Ddefects=true.
"""

MUTANTS = {
    "answer_wrong_request": ["everything_at_once"],
    "drop_cancel": ["disconnects"],
    "ignore_priority": ["priority"],
    "ignore_queue_limit": ["full_queue"],
    "leak_slot_on_cancel": ["disconnects"],
    "lose_result_of_dead_worker": ["kill_once_only"],
    "no_admission_release": ["kill_idempotent"],
    "no_ejection": ["failing", "freeze"],
    "no_hang_kill": ["hang"],
    "no_restart_back_off": ["crash_loop"],
    "no_retry_after": ["overload"],
    "poison_not_quarantined": ["poison"],
    "retry_non_idempotent": ["kill_once_only"],
    "retry_without_budget": ["retry_amplification"],
    "skip_deadline_check": ["freeze", "deadline"],
}
