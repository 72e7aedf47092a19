#include "spec/overrides.hpp"

#include "spec/toml_document.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace serval {

namespace {

struct override_parts {
  std::vector<std::string_view> path;
  std::string_view value;
};

std::string name_of(std::string_view text) {
  return fmt::format("--set {}", text);
}

std::optional<override_parts> split(std::string_view text,
                                    problem_list& problems) {
  auto reject = [&](std::string message) -> std::optional<override_parts> {
    problems.push_back({name_of(text), "", std::move(message)});
    return {};
  };
  auto equals = text.find('=');
  if (equals == std::string_view::npos)
    return reject("must have the form KEY=VALUE");
  override_parts parts;
  parts.value = text.substr(equals + 1);
  for (auto rest = text.substr(0, equals);;) {
    auto dot = rest.find('.');
    parts.path.push_back(rest.substr(0, dot));
    if (parts.path.back().empty())
      return reject("a part of the key is empty");
    if (dot == std::string_view::npos)
      break;
    rest.remove_prefix(dot + 1);
  }
  if (parts.path.size() > 8)
    return reject("the key has more than 8 parts");
  // Comments may hold all that strings may, and nothing needs escaping there.
  if (!parse_toml_document(fmt::format("#{}", text), "")
      || text.find('\n') != std::string_view::npos)
    return reject("must be UTF-8 text without control characters");
  return parts;
}

doc_value make_value(std::string_view text, const doc_value* replaced,
                     std::string where) {
  doc_value as_string{std::string{text}, where, std::string{text}};
  auto parsed = parse_toml_value(text);
  if (!parsed)
    return as_string;
  parsed->where = std::move(where);
  parsed->typed = std::string{text};
  if (replaced == nullptr)
    return *parsed;
  if (std::holds_alternative<double>(replaced->data))
    if (const auto* number = std::get_if<std::int64_t>(&parsed->data))
      parsed->data = static_cast<double>(*number);
  // A string in the file says that a string is meant: version = "1.0".
  if (std::holds_alternative<std::string>(replaced->data)
      && !std::holds_alternative<std::string>(parsed->data))
    return as_string;
  return *parsed;
}

void put(doc_value& document, const override_parts& parts,
         std::string_view text, problem_list& problems) {
  auto* at = &document;
  for (std::size_t i = 0; i < parts.path.size(); ++i) {
    auto* table = std::get_if<doc_table>(&at->data);
    if (table == nullptr) {
      problems.push_back(
        {name_of(text), "",
         fmt::format("\"{}\" is {}, not a table", parts.path[i - 1],
                     kind_of(*at))});
      return;
    }
    auto found = table->find(parts.path[i]);
    auto exists = found != table->end();
    if (i + 1 == parts.path.size()) {
      auto value = make_value(parts.value, exists ? &found->second : nullptr,
                              name_of(text));
      table->insert_or_assign(std::string{parts.path[i]}, std::move(value));
      return;
    }
    if (!exists)
      found = table
                ->emplace(std::string{parts.path[i]},
                          doc_value{doc_table{}, name_of(text), {}})
                .first;
    at = &found->second;
  }
}

/// Why the path is none that may be set in a spec, or "".
std::string spec_path_problem(const doc_value& document,
                              const std::vector<std::string_view>& path) {
  if (path[0] == "config" && path.size() > 1)
    return "";
  if (path[0] != "backend" || path.size() < 3)
    return "only config.KEY=VALUE and backend.NAME.KEY=VALUE can be set";
  std::vector<std::string_view> names;
  const auto& root = std::get<doc_table>(document.data);
  if (auto found = root.find("backend"); found != root.end())
    if (const auto* backends = std::get_if<doc_table>(&found->second.data))
      for (const auto& [name, value] : *backends)
        names.push_back(name);
  if (std::ranges::find(names, path[1]) != names.end())
    return "";
  auto near = nearest(path[1], names);
  if (!near.empty())
    return fmt::format("there is no backend \"{}\"; did you mean \"{}\"?",
                       path[1], near);
  return fmt::format("there is no backend \"{}\"; the backends are {}", path[1],
                     fmt::join(names, ", "));
}

} // namespace

void apply_override(doc_value& document, std::string_view text,
                    problem_list& problems) {
  if (auto parts = split(text, problems))
    put(document, *parts, text, problems);
}

void apply_spec_override(doc_value& document, std::string_view text,
                         problem_list& problems) {
  auto parts = split(text, problems);
  if (!parts)
    return;
  if (auto why = spec_path_problem(document, parts->path); !why.empty())
    problems.push_back({name_of(text), "", std::move(why)});
  else
    put(document, *parts, text, problems);
}

} // namespace serval
