#include "cli/plugin_path.hpp"

#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace serval {

namespace fs = std::filesystem;

result<std::string> find_plugin(const std::string& plugin,
                                const std::string& spec_path,
                                const std::string& binary_path) {
  fs::path path{plugin};
  std::error_code code;
  if (path.is_absolute())
    return plugin;
  auto beside_spec = fs::path{spec_path}.parent_path() / path;
  auto beside_binary = fs::path{binary_path}.parent_path() / "examples" / path;
  for (const auto& each : {beside_spec, beside_binary})
    if (fs::exists(each, code))
      return each.string();
  return error{errc::not_found,
               fmt::format("the plugin {} is neither at {} nor at {}", plugin,
                           beside_spec.string(), beside_binary.string())};
}

result<std::string> read_whole_file(const std::string& path) {
  auto cannot = [&](std::string_view why) {
    return error{errc::not_found, fmt::format("cannot read {}: {}", path, why)};
  };
  std::error_code code;
  auto is_regular = fs::is_regular_file(path, code);
  if (code)
    return cannot(code.message());
  if (!is_regular)
    return cannot("it is no regular file");
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return cannot(std::strerror(errno));
  std::string bytes{std::istreambuf_iterator<char>{file}, {}};
  if (file.bad())
    return cannot("reading failed midway");
  return bytes;
}

std::string own_binary() {
  std::error_code code;
  return fs::read_symlink("/proc/self/exe", code).string();
}

} // namespace serval
