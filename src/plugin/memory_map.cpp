#include "plugin/memory_map.hpp"

#include <charconv>

namespace serval {

namespace {

/// Takes the next field, up to a run of blanks, off the front of `line`.
std::string_view take_field(std::string_view& line) {
  auto field = line.substr(0, line.find(' '));
  line.remove_prefix(field.size());
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return field;
}

std::uint64_t number(std::string_view text, int base) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

/// A line is `address perms offset major:minor inode path`.
bool line_matches(std::string_view line, const file_identity& file,
                  std::string_view path) {
  take_field(line);
  take_field(line);
  take_field(line);
  auto device = take_field(line);
  auto inode = number(take_field(line), 10);
  auto colon = device.find(':');
  if (inode == 0 || colon == std::string_view::npos)
    return false;
  if (!path.empty()
      && (line == path
          || (line.starts_with(path)
              && line.substr(path.size()) == " (deleted)")))
    return true;
  return inode == file.inode
         && number(device.substr(0, colon), 16) == file.device_major
         && number(device.substr(colon + 1), 16) == file.device_minor;
}

} // namespace

bool is_mapped(std::string_view maps, const file_identity& file,
               std::string_view path) {
  while (!maps.empty()) {
    auto line = maps.substr(0, maps.find('\n'));
    maps.remove_prefix(std::min(line.size() + 1, maps.size()));
    if (line_matches(line, file, path))
      return true;
  }
  return false;
}

} // namespace serval
