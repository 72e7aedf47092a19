-- Makes wrk send 10 KiB, which the target sends back.
wrk.method = "POST"
wrk.body = string.rep("x", 10240)
