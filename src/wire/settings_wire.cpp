#include "wire/settings_wire.hpp"

#include "wire/verified.hpp"

#include <array>
#include <charconv>
#include <optional>

namespace serval {

namespace {

using fbs::worker::SettingType;

template <class Number>
std::string number_text(Number value) {
  std::array<char, 64> text;
  auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

struct written_setting {
  SettingType type;
  std::string text;
};

struct setting_writer {
  written_setting operator()(const std::string& value) const {
    return {SettingType::text, value};
  }
  written_setting operator()(std::int64_t value) const {
    return {SettingType::integer, number_text(value)};
  }
  written_setting operator()(double value) const {
    return {SettingType::number, number_text(value)};
  }
  written_setting operator()(bool value) const {
    return {SettingType::flag, value ? "true" : "false"};
  }
  written_setting operator()(const json_text& value) const {
    return {SettingType::json, value.text};
  }
};

template <class Number>
std::optional<setting> parse_number(std::string_view text) {
  Number value{};
  auto last = text.data() + text.size();
  auto [end, failure] = std::from_chars(text.data(), last, value);
  if (failure != std::errc{} || end != last)
    return std::nullopt;
  return setting{value};
}

std::optional<setting> parse(SettingType type, std::string_view text) {
  switch (type) {
    case SettingType::text:
      return setting{std::string{text}};
    case SettingType::integer:
      return parse_number<std::int64_t>(text);
    case SettingType::number:
      return parse_number<double>(text);
    case SettingType::flag:
      if (text != "true" && text != "false")
        return std::nullopt;
      return setting{text == "true"};
    case SettingType::json:
      return setting{json_text{std::string{text}}};
  }
  return std::nullopt;
}

} // namespace

settings_offset put_settings(reused_builder& builder, const settings& values) {
  if (values.empty())
    return 0;
  std::vector<flatbuffers::Offset<fbs::worker::Setting>> items;
  items.reserve(values.size());
  for (const auto& [key, value] : values) {
    auto written = std::visit(setting_writer{}, value);
    auto key_text = put_required_text(builder, key);
    auto value_text = put_required_text(builder, written.text);
    items.push_back(fbs::worker::CreateSetting(builder.get(), key_text,
                                               value_text, written.type));
  }
  return builder.get().CreateVector(items);
}

bool read_settings(
  const flatbuffers::Vector<flatbuffers::Offset<fbs::worker::Setting>>* items,
  settings& values) {
  if (items == nullptr)
    return true;
  for (const auto* item : *items) {
    auto value = parse(item->type(), text_of(item->value()));
    if (!value)
      return false;
    std::string key{text_of(item->key())};
    if (!values.emplace(std::move(key), *std::move(value)).second)
      return false;
  }
  return true;
}

} // namespace serval
