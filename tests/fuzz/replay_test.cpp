// Goal: the targets stay alive. Method: every build runs them over their seeds;
// a broken promise ends the process.

#include "support/case_list.hpp"
#include "targets.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

void replay(std::string_view list, void (*target)(std::string_view)) {
  for (auto& seed : read_case_list(FUZZ_SEEDS "/" + std::string{list}, 0))
    target(seed.bytes);
}

} // namespace

TEST_CASE("the seeds of http_request keep what the target promises") {
  replay("http_request.txt", fuzz_http_request);
  for (auto& each : read_case_list(BAD_INPUT "/http.txt", 2))
    fuzz_http_request(each.bytes);
}

TEST_CASE("the seeds of http_answer keep what the target promises") {
  replay("http_answer.txt", fuzz_http_answer);
}

TEST_CASE("the seeds of link_frames keep what the target promises") {
  replay("link_frames.txt", fuzz_link_frames);
}

TEST_CASE("the seeds of wire_message keep what the target promises") {
  replay("wire_message.txt", fuzz_wire_message);
}

TEST_CASE("the seeds of control_request keep what the target promises") {
  replay("control_request.txt", fuzz_control_request);
}

TEST_CASE("the seeds of json keep what the target promises") {
  replay("json.txt", fuzz_json);
}

TEST_CASE("the seeds of toml keep what the target promises") {
  replay("toml.txt", fuzz_toml);
}

TEST_CASE("the seeds of journal_record keep what the target promises") {
  replay("journal_record.txt", fuzz_journal_record);
}

TEST_CASE("the seeds of plugin keep what the target promises") {
  replay("plugin.txt", fuzz_plugin);
}

TEST_CASE("the seeds of command_line keep what the target promises") {
  replay("command_line.txt", fuzz_command_line);
}
