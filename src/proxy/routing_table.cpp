#include "proxy/routing_table.hpp"

#include <algorithm>
#include <utility>

namespace serval {

namespace {

std::string_view without_last_slash(std::string_view path) {
  if (path.size() > 1 && path.ends_with('/'))
    path.remove_suffix(1);
  return path;
}

bool names(const route& target, std::string_view method) {
  return std::find(target.methods.begin(), target.methods.end(), method)
         != target.methods.end();
}

} // namespace

routing_table::routing_table(std::vector<route> routes)
  : routes_(std::move(routes)) {
  for (auto& each : routes_) {
    by_path_.emplace(without_last_slash(each.path), &each);
    by_application_.emplace(each.application, &each);
    longest_ = std::max(longest_, each.path.size());
  }
}

const route* routing_table::find(std::string_view path) const {
  if (!path.starts_with('/'))
    return nullptr;
  // What is longer than any route need not be looked up. Without this a path
  // of thousands of segments would cost as many hashes.
  if (path.size() > longest_) {
    auto cut = path[longest_] == '/' ? longest_
                                     : path.substr(0, longest_).rfind('/');
    path = cut == std::string_view::npos ? path.substr(0, 1)
                                         : path.substr(0, cut);
  }
  for (;;) {
    auto found = by_path_.find(path.empty() ? "/" : path);
    if (found != by_path_.end())
      return found->second;
    if (path.size() <= 1)
      return nullptr;
    auto cut = path.rfind('/');
    path = path.substr(0, cut == 0 ? 1 : cut);
  }
}

const route* routing_table::find_application(std::string_view name) const {
  auto found = by_application_.find(name);
  return found == by_application_.end() ? nullptr : found->second;
}

bool allows(const route& target, std::string_view method) {
  return names(target, method) || (method == "HEAD" && names(target, "GET"));
}

std::string allow_field(const route& target) {
  std::string result;
  for (auto& method : target.methods)
    result += (result.empty() ? "" : ", ") + method;
  if (names(target, "GET") && !names(target, "HEAD"))
    result += ", HEAD";
  return result;
}

} // namespace serval
