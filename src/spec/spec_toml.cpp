#include "spec/spec_toml.hpp"

#include "spec/overrides.hpp"
#include "spec/spec_reader.hpp"
#include "spec/toml_document.hpp"

namespace serval {

namespace {

result<app_spec> read(result<doc_value> document, std::string_view name,
                      const std::vector<std::string>& overrides) {
  if (!document)
    return document.error();
  problem_list problems;
  for (const auto& each : overrides)
    apply_spec_override(*document, each, problems);
  auto spec = read_spec(*document, false, problems);
  if (!problems.empty())
    return to_error(problems, name);
  return spec;
}

} // namespace

result<app_spec> parse_spec_toml(std::string_view text, std::string_view name,
                                 const std::vector<std::string>& overrides) {
  return read(parse_toml_document(text, name), name, overrides);
}

result<app_spec> read_spec_file(const std::string& path,
                                const std::vector<std::string>& overrides) {
  return read(read_toml_file(path), path, overrides);
}

} // namespace serval
