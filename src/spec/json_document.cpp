#include "spec/json_document.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <set>
#include <span>

namespace serval {

namespace {

namespace json = boost::json;

/// Boost.JSON keeps the last of two equal keys, turns whole numbers beyond 64
/// bits into rounded ones, gets the last bit of some doubles wrong (1.81 does),
/// and says nothing. A reader of control commands must not guess what was
/// meant, so the text is walked once more for these alone.
struct loss_finder {
  static constexpr std::size_t max_object_size = -1;
  static constexpr std::size_t max_array_size = -1;
  static constexpr std::size_t max_key_size = -1;
  static constexpr std::size_t max_string_size = -1;

  std::vector<std::set<std::string>> open;
  std::string key;
  std::optional<std::string> duplicate;
  bool rounded = false;
  /// All doubles in the order of the text, to the last bit.
  std::vector<double> doubles;

  using code = json::error_code;
  using text = json::string_view;

  bool on_object_begin(code&) {
    open.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, code&) {
    open.pop_back();
    return true;
  }
  bool on_key_part(text part, std::size_t, code&) {
    key.append(part.data(), part.size());
    return true;
  }
  bool on_key(text part, std::size_t, code&) {
    key.append(part.data(), part.size());
    if (!open.back().insert(key).second && !duplicate)
      duplicate = key;
    key.clear();
    return true;
  }
  bool on_double(double value, text digits, code&) {
    rounded |= digits.find_first_of(".eE") == text::npos;
    // Leaves the value alone if it is out of a double's range.
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    doubles.push_back(value);
    return true;
  }

  // The rest of what the parser wants to tell is of no interest here.
  bool on_document_begin(code&) { return true; }
  bool on_document_end(code&) { return true; }
  bool on_array_begin(code&) { return true; }
  bool on_array_end(std::size_t, code&) { return true; }
  bool on_string_part(text, std::size_t, code&) { return true; }
  bool on_string(text, std::size_t, code&) { return true; }
  bool on_number_part(text, code&) { return true; }
  bool on_int64(std::int64_t, text, code&) { return true; }
  bool on_uint64(std::uint64_t, text, code&) { return true; }
  bool on_bool(bool, code&) { return true; }
  bool on_null(code&) { return true; }
  bool on_comment_part(text, code&) { return true; }
  bool on_comment(text, code&) { return true; }
};

/// REQUIRES: `text` is JSON.
loss_finder find_losses(std::string_view text) {
  json::basic_parser<loss_finder> parser{json::parse_options{}};
  json::error_code code;
  parser.write_some(false, text.data(), text.size(), code);
  return std::move(parser.handler());
}

/// Why a part of the text would be lost, or "".
std::string reason_of(const loss_finder& found) {
  if (found.duplicate)
    return fmt::format("the key \"{}\" twice in one object",
                       *found.duplicate);
  return found.rounded ? "a whole number beyond 64 bits" : "";
}

/// `doubles` stand for those in `from`, which are taken off the front.
doc_value convert(const json::value& from, std::span<const double>& doubles,
                  std::string_view name, const std::string& path,
                  problem_list& problems) {
  doc_value to;
  to.where = name;
  auto reject = [&](std::string message) {
    problems.push_back({std::string{name}, path, std::move(message)});
  };
  auto inner = [&](std::string_view key) {
    return path.empty() ? std::string{key} : fmt::format("{}.{}", path, key);
  };
  switch (from.kind()) {
    case json::kind::bool_:
      to.data = from.get_bool();
      break;
    case json::kind::int64:
      to.data = from.get_int64();
      break;
    case json::kind::uint64:
      reject("is beyond 64 bits");
      break;
    case json::kind::double_:
      if (!std::isfinite(doubles.front()))
        reject("is beyond the range of numbers");
      to.data = doubles.front();
      doubles = doubles.subspan(1);
      break;
    case json::kind::string:
      to.data = std::string{from.get_string()};
      break;
    case json::kind::array: {
      doc_array array;
      for (const auto& each : from.get_array())
        array.push_back(convert(each, doubles, name, path, problems));
      to.data = std::move(array);
      break;
    }
    case json::kind::object: {
      doc_table table;
      for (const auto& each : from.get_object())
        table.emplace(each.key(), convert(each.value(), doubles, name,
                                          inner(each.key()), problems));
      to.data = std::move(table);
      break;
    }
    case json::kind::null:
      reject("must not be null; leave the key out");
      break;
  }
  return to;
}

json::value convert(const doc_value& from) {
  struct visitor {
    json::value operator()(const doc_array& array) const {
      json::array to;
      for (const auto& each : array)
        to.push_back(convert(each));
      return to;
    }
    json::value operator()(const doc_table& table) const {
      json::object to;
      for (const auto& [key, each] : table)
        to.emplace(key, convert(each));
      return to;
    }
    json::value operator()(const std::string& text) const {
      return json::value(json::string_view{text});
    }
    json::value operator()(bool flag) const {
      return flag;
    }
    json::value operator()(std::int64_t number) const {
      return number;
    }
    json::value operator()(double number) const {
      return number;
    }
  };
  return std::visit(visitor{}, from.data);
}

} // namespace

result<doc_value> parse_json_document(std::string_view text,
                                      std::string_view name) {
  json::error_code code;
  auto value = json::parse(text, code);
  if (code)
    return error{errc::bad_request,
                 fmt::format("{} is not valid JSON: {}", name, code.message())};
  auto losses = find_losses(text);
  if (auto reason = reason_of(losses); !reason.empty())
    return error{errc::bad_request, fmt::format("{} has {}", name, reason)};
  problem_list problems;
  std::span<const double> doubles{losses.doubles};
  auto converted = convert(value, doubles, name, "", problems);
  if (!problems.empty())
    return to_error(problems, name);
  return converted;
}

result<doc_value> parse_json_object(std::string_view text,
                                    std::string_view name) {
  auto parsed = parse_json_document(text, name);
  if (parsed && !std::holds_alternative<doc_table>(parsed->data))
    return error{errc::bad_request,
                 fmt::format("{} must be a JSON object, is {}", name,
                             kind_of(*parsed))};
  return parsed;
}

std::string to_json_text(const doc_value& value) {
  return json::serialize(convert(value));
}

} // namespace serval
