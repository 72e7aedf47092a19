#include "spec/spec_reader.hpp"

#include "spec/document_reader.hpp"
#include "spec/spec_validate.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace serval {

namespace {

backend_spec read_backend(const std::string& name, const doc_value& value,
                          problem_list& problems) {
  backend_spec spec;
  spec.name = name;
  auto path = fmt::format("backend.{}", name);
  if (!std::holds_alternative<doc_table>(value.data)) {
    problems.push_back({value.where, path,
                        fmt::format("must be a table, is {}", kind_of(value))});
    return spec;
  }
  document_reader in(value, path, problems);
  in.read("workers", spec.workers);
  in.read("concurrency", spec.concurrency);
  in.read("queue", spec.queue);
  in.read("workers_per_process", spec.workers_per_process);
  in.read("idempotent", spec.idempotent);
  in.read_size("stack", spec.stack_bytes);
  in.read_size("memory", spec.memory_bytes);
  in.read("read", spec.read);
  in.read("start_timeout", spec.start_timeout);
  in.read("start_failures", spec.start_failures);
  in.read("health_period", spec.health_period);
  in.read("health_timeout", spec.health_timeout);
  in.read("health_failures", spec.health_failures);
  in.read("cpu", spec.cpu);
  in.read("labels", spec.labels);
  in.read("max_per_node", spec.max_per_node);
  in.read("config", spec.config);
  std::size_t word = 0;
  if (in.read_word("isolation", {"process", "inline"}, word))
    spec.isolation = word == 0 ? isolation::process : isolation::in_line;
  if (in.read_word("sandbox", {"strict", "none"}, word))
    spec.sandbox = word == 0 ? sandbox::strict : sandbox::none;
  in.finish();
  return spec;
}

} // namespace

app_spec read_spec(const doc_value& document, bool with_artifact,
                   problem_list& problems) {
  app_spec spec;
  document_reader in(document, "", problems);
  in.read("name", spec.name);
  if (!in.read("route", spec.route))
    spec.route = "/" + spec.name;
  in.read("entry", spec.entry);
  in.read("deadline", spec.deadline);
  in.read("max_requests", spec.max_requests);
  in.read("methods", spec.methods);
  std::size_t word = 0;
  if (in.read_word("on_partition",
                   {partition_words.begin(), partition_words.end()}, word))
    spec.on_partition = static_cast<partition_policy>(word);
  in.read("plugin", spec.plugin);
  if (with_artifact)
    in.read("plugin_sha256", spec.plugin_sha256);
  in.read("config", spec.config);
  if (const auto* backends = in.table("backend"))
    for (const auto& [name, value] : std::get<doc_table>(backends->data))
      spec.backends.push_back(read_backend(name, value, problems));
  in.finish();
  // What could not be read would only be reported a second time, as missing.
  auto unread = problems;
  for (auto& each : validate(spec)) {
    if (std::ranges::find(unread, each.key, &problem::key) != unread.end())
      continue;
    each.where = where_of(document, each.key);
    problems.push_back(std::move(each));
  }
  return spec;
}

} // namespace serval
