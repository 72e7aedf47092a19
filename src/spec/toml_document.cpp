// toml++ asserts on some malformed texts where it should report them, and
// Debian's compiled library keeps these assertions. Hence its headers alone,
// without assertions, here and nowhere else.
#ifndef NDEBUG
#  define NDEBUG
#endif
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0

#include "spec/toml_document.hpp"

#include "spec/toml_prescan.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <sys/stat.h>

#include <cmath>
#include <cstring>
#include <fstream>

namespace serval {

namespace {

// Below what JSON readers accept, as documents are passed on as JSON.
constexpr int depth_max = 20;

class converter {
public:
  converter(std::string_view name, problem_list& problems)
    : name_(name), problems_(problems) {
    // nop
  }

  doc_value convert(const toml::node& from, const std::string& path,
                    int depth) {
    doc_value to;
    to.where = place(from.source());
    auto reject = [&](std::string message) {
      problems_.push_back({to.where, path, std::move(message)});
    };
    if (depth > depth_max) {
      reject(fmt::format("is nested deeper than {} levels", depth_max));
    } else if (const auto* table = from.as_table()) {
      to.data = convert_table(*table, path, depth);
    } else if (const auto* array = from.as_array()) {
      doc_array values;
      for (const auto& each : *array)
        values.push_back(convert(each, path, depth + 1));
      to.data = std::move(values);
    } else if (const auto* text = from.as_string()) {
      to.data = text->get();
    } else if (const auto* number = from.as_integer()) {
      to.data = number->get();
    } else if (const auto* flag = from.as_boolean()) {
      to.data = flag->get();
    } else if (const auto* decimal = from.as_floating_point()) {
      if (!std::isfinite(decimal->get()))
        reject("must be a finite number");
      to.data = decimal->get();
    } else {
      reject("must not be a date or time; write it as a string");
    }
    return to;
  }

  doc_table convert_table(const toml::table& from, const std::string& path,
                          int depth) {
    doc_table to;
    for (const auto& [key, value] : from) {
      auto inner = path.empty() ? std::string{key.str()}
                                : fmt::format("{}.{}", path, key.str());
      to.emplace(std::string{key.str()}, convert(value, inner, depth + 1));
    }
    return to;
  }

private:
  std::string place(const toml::source_region& source) const {
    if (source.begin.line == 0)
      return std::string{name_};
    return fmt::format("{}:{}:{}", name_, source.begin.line,
                       source.begin.column);
  }

  std::string_view name_;
  problem_list& problems_;
};

error cannot_read(const std::string& path, std::string_view why) {
  return {errc::not_found, fmt::format("cannot read {}: {}", path, why)};
}

} // namespace

result<doc_value> parse_toml_document(std::string_view text,
                                      std::string_view name) {
  if (auto scanned = prescan_toml(text, name); !scanned)
    return scanned.error();
  auto parsed = toml::parse(text);
  if (!parsed) {
    const auto& at = parsed.error().source().begin;
    return error{errc::bad_request,
                 fmt::format("{}:{}:{}: {}", name, at.line, at.column,
                             parsed.error().description())};
  }
  problem_list problems;
  doc_value document{
    converter{name, problems}.convert_table(parsed.table(), "", 0),
    std::string{name},
    {}};
  if (!problems.empty())
    return to_error(problems, name);
  return document;
}

result<doc_value> read_toml_file(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    return cannot_read(path, std::strerror(errno));
  // A FIFO or a device would block or never end.
  if (!S_ISREG(info.st_mode))
    return cannot_read(path, "it is no regular file");
  if (info.st_size > 64 * 1024)
    return cannot_read(path, "it is larger than 64 KiB");
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (!file)
    return cannot_read(path, std::strerror(errno));
  return parse_toml_document(text, path);
}

std::optional<doc_value> parse_toml_value(std::string_view text) {
  if (text.find_first_of("\r\n") != std::string_view::npos)
    return {};
  auto document = parse_toml_document(fmt::format("v = {}", text), "value");
  if (!document)
    return {};
  auto& table = std::get<doc_table>(document->data);
  return std::move(table.at("v"));
}

} // namespace serval
