#include "targets.hpp"

#include "base/assert.hpp"
#include "load/result_file.hpp"
#include "spec/json_document.hpp"
#include "spec/spec_json.hpp"

namespace serval {

namespace {

void check_document(std::string_view input) {
  auto document = parse_json_document(input, "input");
  if (!document)
    return;
  auto text = to_json_text(*document);
  auto again = parse_json_document(text, "text");
  SERVAL_ASSERT(again);
  SERVAL_ASSERT(to_json_text(*again) == text);
}

void check_spec(std::string_view input) {
  auto spec = parse_spec_json(input);
  if (!spec)
    return;
  auto text = to_canonical_json(*spec);
  auto again = parse_spec_json(text);
  SERVAL_ASSERT(again);
  SERVAL_ASSERT(*again == *spec);
  SERVAL_ASSERT(release_hash(*again) == release_hash(*spec));
}

void check_result(std::string_view input) {
  auto run = parse_result("input", input);
  if (!run)
    return;
  auto text = write_result(*run);
  auto again = parse_result("text", text);
  SERVAL_ASSERT(again);
  SERVAL_ASSERT(write_result(*again) == text);
}

} // namespace

void fuzz_json(std::string_view input) {
  check_document(input);
  check_spec(input);
  check_result(input);
}

} // namespace serval
