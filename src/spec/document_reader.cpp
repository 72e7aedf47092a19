#include "spec/document_reader.hpp"

#include "spec/json_document.hpp"
#include "spec/units.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

namespace serval {

namespace {

struct setting_maker {
  const doc_value& value;

  setting operator()(const doc_array&) const {
    return json_text{to_json_text(value)};
  }
  setting operator()(const doc_table&) const {
    return json_text{to_json_text(value)};
  }
  setting operator()(const auto& plain) const {
    return plain;
  }
};

} // namespace

setting to_setting(const doc_value& value) {
  return std::visit(setting_maker{value}, value.data);
}

document_reader::document_reader(const doc_value& table, std::string path,
                                 problem_list& problems)
  : table_(table), path_(std::move(path)), problems_(problems) {
  SERVAL_ASSERT(std::holds_alternative<doc_table>(table.data));
}

const doc_value* document_reader::find(std::string_view key) {
  asked_.push_back(key);
  const auto& values = std::get<doc_table>(table_.data);
  auto found = values.find(key);
  return found == values.end() ? nullptr : &found->second;
}

std::string document_reader::path_of(std::string_view key) const {
  return path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key);
}

void document_reader::reject(std::string_view key, std::string message) {
  const auto& values = std::get<doc_table>(table_.data);
  auto found = values.find(key);
  const auto& where = found == values.end() ? table_.where
                                            : found->second.where;
  problems_.push_back({where, path_of(key), std::move(message)});
}

bool document_reader::wrong_type(std::string_view key, const doc_value& value,
                                 std::string_view wanted) {
  reject(key, fmt::format("must be {}, is {}", wanted, kind_of(value)));
  return false;
}

const std::string* document_reader::find_string(std::string_view key,
                                                std::string_view wanted) {
  const auto* value = find(key);
  if (value == nullptr)
    return nullptr;
  if (const auto* text = std::get_if<std::string>(&value->data))
    return text;
  if (value->typed)
    return &*value->typed;
  wrong_type(key, *value, wanted);
  return nullptr;
}

bool document_reader::read(std::string_view key, bool& out) {
  const auto* value = find(key);
  if (value == nullptr)
    return false;
  const auto* flag = std::get_if<bool>(&value->data);
  if (flag == nullptr)
    return wrong_type(key, *value, "true or false");
  out = *flag;
  return true;
}

bool document_reader::read(std::string_view key, std::string& out) {
  const auto* text = find_string(key, "a string");
  if (text != nullptr)
    out = *text;
  return text != nullptr;
}

bool document_reader::read(std::string_view key, std::uint32_t& out) {
  const auto* value = find(key);
  if (value == nullptr)
    return false;
  const auto* number = std::get_if<std::int64_t>(&value->data);
  if (number == nullptr)
    return wrong_type(key, *value, "an integer");
  if (*number < 0 || *number > std::numeric_limits<std::uint32_t>::max()) {
    reject(key, fmt::format("must be 0 or more and fit 32 bits, is {}",
                            *number));
    return false;
  }
  out = static_cast<std::uint32_t>(*number);
  return true;
}

bool document_reader::read(std::string_view key, double& out) {
  const auto* value = find(key);
  if (value == nullptr)
    return false;
  if (const auto* whole = std::get_if<std::int64_t>(&value->data))
    out = static_cast<double>(*whole);
  else if (const auto* number = std::get_if<double>(&value->data))
    out = *number;
  else
    return wrong_type(key, *value, "a number");
  return true;
}

bool document_reader::read(std::string_view key,
                           std::vector<std::string>& out) {
  constexpr std::string_view wanted = "an array of strings";
  const auto* value = find(key);
  if (value == nullptr)
    return false;
  const auto* array = std::get_if<doc_array>(&value->data);
  if (array == nullptr)
    return wrong_type(key, *value, wanted);
  std::vector<std::string> texts;
  for (const auto& each : *array) {
    const auto* text = std::get_if<std::string>(&each.data);
    if (text == nullptr) {
      reject(key, fmt::format("must be {}, holds {}", wanted, kind_of(each)));
      return false;
    }
    texts.push_back(*text);
  }
  out = std::move(texts);
  return true;
}

bool document_reader::read(std::string_view key, duration& out) {
  const auto* text = find_string(key, R"(a duration such as "200ms")");
  if (text == nullptr)
    return false;
  auto parsed = parse_duration(*text);
  if (!parsed) {
    reject(key, parsed.error().message);
    return false;
  }
  out = *parsed;
  return true;
}

bool document_reader::read_size(std::string_view key, std::uint64_t& out) {
  const auto* text = find_string(key, R"(a size such as "256KiB")");
  if (text == nullptr)
    return false;
  auto parsed = parse_size(*text);
  if (!parsed) {
    reject(key, parsed.error().message);
    return false;
  }
  out = *parsed;
  return true;
}

bool document_reader::read_size(std::string_view key, std::uint32_t& out) {
  std::uint64_t size = 0;
  if (!read_size(key, size))
    return false;
  if (size > std::numeric_limits<std::uint32_t>::max()) {
    reject(key, "must be below 4GiB");
    return false;
  }
  out = static_cast<std::uint32_t>(size);
  return true;
}

bool document_reader::read(std::string_view key, settings& out) {
  const auto* value = table(key);
  if (value == nullptr)
    return false;
  settings values;
  for (const auto& [name, each] : std::get<doc_table>(value->data))
    values.emplace(name, to_setting(each));
  out = std::move(values);
  return true;
}

bool document_reader::read_word(std::string_view key,
                                const std::vector<std::string_view>& words,
                                std::size_t& out) {
  const auto* text = find_string(key, "a string");
  if (text == nullptr)
    return false;
  auto found = std::ranges::find(words, *text);
  if (found == words.end()) {
    reject(key, fmt::format("must be one of \"{}\", is \"{}\"",
                            fmt::join(words, "\", \""), *text));
    return false;
  }
  out = static_cast<std::size_t>(found - words.begin());
  return true;
}

const doc_value* document_reader::table(std::string_view key) {
  const auto* value = find(key);
  if (value == nullptr || std::holds_alternative<doc_table>(value->data))
    return value;
  wrong_type(key, *value, "a table");
  return nullptr;
}

void document_reader::finish() {
  for (const auto& [key, value] : std::get<doc_table>(table_.data)) {
    if (std::ranges::find(asked_, key) != asked_.end())
      continue;
    auto near = nearest(key, asked_);
    auto message = near.empty()
                     ? fmt::format("unknown key; known here: {}",
                                   fmt::join(asked_, ", "))
                     : fmt::format("unknown key; did you mean \"{}\"?", near);
    problems_.push_back({value.where, path_of(key), std::move(message)});
  }
}

} // namespace serval
