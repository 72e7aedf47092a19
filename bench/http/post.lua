-- Makes wrk send what Serval's default method takes.
wrk.method = "POST"
wrk.headers["Content-Length"] = "0"
