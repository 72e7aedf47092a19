#pragma once

#include <string_view>

namespace serval {

// The targets. Each takes any bytes, reads them as something that comes from
// outside, and ends the process if a promise about it is broken.

/// A connection's bytes: heads, bodies and the requests after them.
void fuzz_http_request(std::string_view input);

/// What a server answers to `serval bench` and to the command line.
void fuzz_http_answer(std::string_view input);

/// A link's bytes: frames, hellos, credit, and client RPC above them.
void fuzz_link_frames(std::string_view input);

/// One message of a link, of client RPC or of a worker process.
void fuzz_wire_message(std::string_view input);

/// A request to the control API.
void fuzz_control_request(std::string_view input);

/// JSON: any document, a spec, a result of `serval bench`.
void fuzz_json(std::string_view input);

/// TOML: any document, app.toml, node.toml, an override.
void fuzz_toml(std::string_view input);

/// A record of a journal, and a chain of them.
void fuzz_journal_record(std::string_view input);

/// A plugin's file and what its entry function returns.
void fuzz_plugin(std::string_view input);

/// What is typed for `serval bench`, `scale` and `call`.
void fuzz_command_line(std::string_view input);

} // namespace serval
