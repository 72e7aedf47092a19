#include "leader/lease_holder.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace serval {

namespace {

/// Stands for an address that is empty.
constexpr std::string_view nowhere = "-";

std::string_view shown(const std::string& address) {
  return address.empty() ? nowhere : std::string_view{address};
}

/// Takes what is before the next space off `text`; all, if there is none.
std::string take_word(std::string_view& text) {
  auto end = std::min(text.find(' '), text.size());
  std::string word{text.substr(0, end)};
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

} // namespace

std::string to_string(const lease_holder& who) {
  return fmt::format("{} {} {} {}", who.node, shown(who.admin),
                     shown(who.address), who.boot_id);
}

std::optional<lease_holder> parse_lease_holder(std::string_view text) {
  lease_holder who;
  for (auto* part : {&who.node, &who.admin, &who.address, &who.boot_id}) {
    *part = take_word(text);
    if (part->empty())
      return std::nullopt;
  }
  if (!text.empty())
    return std::nullopt;
  for (auto* address : {&who.admin, &who.address})
    if (*address == nowhere)
      address->clear();
  return who;
}

} // namespace serval
