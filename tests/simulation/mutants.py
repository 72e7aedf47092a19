"""Deliberate defects of the cores that worlds made of seeds must show.

The hooks are `if (defect("NAME"))` in src/, and exist only in a build with
-Ddefects=true. tests/faults has others, and some of these too.
"""

# Shown by worlds with one machine.
MUTANTS = [
    # The journal and its app_masters.
    "acknowledge_before_written",
    "acknowledge_before_sealed",
    "go_on_after_failed_sync",
    "answer_before_durable",
    "act_before_durable",
    "forget_failures_in_replay",
    "forget_scaling_in_replay",
    "forget_operations",
    "keep_failed_changes",
    "ignore_other_leader",
    # Releases and workers.
    "promote_before_ready",
    "stop_before_successor_serves",
    "forget_leaving_requests",
    "never_let_go",
    "retire_before_replaced",
    "forget_incarnation",
    "wait_for_ever_for_starts",
    "no_restart_back_off",
    "stop_without_drain",
    # Requests and calls.
    "send_to_drained",
    "no_ejection",
    "retry_without_budget",
    "retry_non_idempotent",
    "lose_result_of_dead_worker",
    "answer_wrong_request",
    "poison_not_quarantined",
    "skip_deadline_check",
    "ignore_queue_limit",
    "admit_all",
    "keep_place_of_answered",
]

# Shown by worlds of many nodes.
CLUSTER_MUTANTS = [
    # Who leads.
    "obey_stale_leader",
    "lease_without_margin",
    "count_lease_from_answer",
    "lead_on_after_pause",
    "act_on_amnesia",
    # Which worker is where.
    "place_on_draining",
    "ignore_max_per_node",
    "ignore_cpu",
    "ignore_labels",
    "forget_lost_workers",
    "keep_returned_workers",
    "reuse_numbers",
]
