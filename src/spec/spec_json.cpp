#include "spec/spec_json.hpp"

#include "base/sha256.hpp"
#include "spec/json_document.hpp"
#include "spec/spec_reader.hpp"
#include "spec/units.hpp"

namespace serval {

namespace {

doc_value value_of(std::string text) {
  return {std::move(text), {}, {}};
}

doc_value value_of(std::uint32_t number) {
  return {std::int64_t{number}, {}, {}};
}

doc_value value_of(const std::vector<std::string>& texts) {
  doc_array array;
  for (const auto& each : texts)
    array.push_back(value_of(each));
  return {std::move(array), {}, {}};
}

struct setting_reader {
  doc_value operator()(const json_text& json) const {
    // The text was made from a document, so it reads back as one.
    return parse_json_document(json.text, "setting").value();
  }
  doc_value operator()(const auto& plain) const {
    return {plain, {}, {}};
  }
};

doc_value value_of(const setting& from) {
  return std::visit(setting_reader{}, from);
}

doc_value value_of(const settings& from) {
  doc_table table;
  for (const auto& [key, value] : from)
    table.emplace(key, value_of(value));
  return {std::move(table), {}, {}};
}

doc_value value_of(duration span) {
  return value_of(format_duration(span));
}

// What is at its default is left out: specs from before a key was known hash as
// before.

void add_placement(doc_table& table, const backend_spec& spec) {
  if (spec.cpu != 0)
    table.emplace("cpu", doc_value{spec.cpu, {}, {}});
  if (!spec.labels.empty())
    table.emplace("labels", value_of(spec.labels));
  if (spec.max_per_node != 0)
    table.emplace("max_per_node", value_of(spec.max_per_node));
}

void add_supervision(doc_table& table, const backend_spec& spec) {
  const backend_spec usual;
  auto add = [&](std::string key, const auto& value, const auto& otherwise) {
    if (value != otherwise)
      table.emplace(std::move(key), value_of(value));
  };
  add("start_timeout", spec.start_timeout, usual.start_timeout);
  add("start_failures", spec.start_failures, usual.start_failures);
  add("health_period", spec.health_period, usual.health_period);
  add("health_timeout", spec.health_timeout, usual.health_timeout);
  add("health_failures", spec.health_failures, usual.health_failures);
}

doc_value value_of(const backend_spec& spec) {
  doc_table table;
  table.emplace("workers", value_of(spec.workers));
  table.emplace("concurrency", value_of(spec.concurrency));
  table.emplace("queue", value_of(spec.queue));
  table.emplace("isolation", value_of(spec.isolation == isolation::process
                                        ? std::string{"process"}
                                        : std::string{"inline"}));
  table.emplace("workers_per_process", value_of(spec.workers_per_process));
  table.emplace("idempotent", doc_value{spec.idempotent, {}, {}});
  table.emplace("stack", value_of(format_size(spec.stack_bytes)));
  // Absent where it says nothing, so that specs from before hash as before.
  if (spec.memory_bytes != 0)
    table.emplace("memory", value_of(format_size(spec.memory_bytes)));
  table.emplace("sandbox", value_of(spec.sandbox == sandbox::strict
                                      ? std::string{"strict"}
                                      : std::string{"none"}));
  table.emplace("read", value_of(spec.read));
  add_placement(table, spec);
  add_supervision(table, spec);
  table.emplace("config", value_of(spec.config));
  return {std::move(table), {}, {}};
}

doc_value value_of(const app_spec& spec) {
  doc_table backends;
  for (const auto& each : spec.backends)
    backends.emplace(each.name, value_of(each));
  doc_table table;
  table.emplace("name", value_of(spec.name));
  table.emplace("route", value_of(spec.route));
  table.emplace("entry", value_of(spec.entry));
  table.emplace("deadline", value_of(spec.deadline));
  table.emplace("max_requests", value_of(spec.max_requests));
  table.emplace("methods", value_of(spec.methods));
  // Absent where it says nothing, so that specs from before hash as before.
  if (spec.on_partition != partition_policy::replace)
    table.emplace("on_partition",
                  value_of(std::string{partition_words[static_cast<std::size_t>(
                    spec.on_partition)]}));
  table.emplace("plugin", value_of(spec.plugin));
  table.emplace("plugin_sha256", value_of(spec.plugin_sha256));
  table.emplace("config", value_of(spec.config));
  table.emplace("backend", doc_value{std::move(backends), {}, {}});
  return {std::move(table), {}, {}};
}

} // namespace

std::string to_canonical_json(const app_spec& spec) {
  return to_json_text(value_of(spec));
}

result<app_spec> parse_spec_json(std::string_view text) {
  constexpr std::string_view what = "the application spec";
  auto document = parse_json_object(text, what);
  if (!document)
    return document.error();
  problem_list problems;
  auto spec = read_spec(*document, true, problems);
  if (problems.empty())
    return spec;
  // There is only one place, which the first words of the error name.
  for (auto& each : problems)
    each.where.clear();
  return to_error(problems, what);
}

std::string release_hash(const app_spec& spec) {
  auto content = spec;
  content.plugin.clear();
  return sha256_hex(to_canonical_json(content));
}

} // namespace serval
