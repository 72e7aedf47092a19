#include "plugin/plugin_settings.hpp"

#include <charconv>
#include <utility>

namespace serval {

namespace {

struct typed_text {
  std::string text;
  serval_setting_type type;
};

/// One overload per kind of setting; plugin.h says how each is written.
struct to_typed_text {
  typed_text operator()(const std::string& text) const {
    return {text, SERVAL_SETTING_TEXT};
  }

  typed_text operator()(std::int64_t number) const {
    return {std::to_string(number), SERVAL_SETTING_INTEGER};
  }

  typed_text operator()(double number) const {
    char buffer[64];
    auto end = std::to_chars(buffer, buffer + sizeof(buffer), number).ptr;
    return {std::string(buffer, end), SERVAL_SETTING_NUMBER};
  }

  typed_text operator()(bool flag) const {
    return {flag ? "true" : "false", SERVAL_SETTING_FLAG};
  }

  typed_text operator()(const json_text& json) const {
    return {json.text, SERVAL_SETTING_JSON};
  }
};

} // namespace

plugin_settings::plugin_settings(const settings& source) {
  texts_.reserve(2 * source.size());
  items_.reserve(source.size());
  for (const auto& [key, value] : source) {
    auto [text, type] = std::visit(to_typed_text{}, value);
    items_.push_back({keep(key), keep(std::move(text)), type});
  }
  view_ = {sizeof(view_), static_cast<std::uint32_t>(items_.size()),
           items_.data()};
}

serval_bytes plugin_settings::keep(std::string text) {
  const auto& kept = texts_.emplace_back(std::move(text));
  return {kept.data(), kept.size()};
}

} // namespace serval
