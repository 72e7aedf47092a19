#include "spec/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace serval {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

} // namespace

std::string_view kind_of(const doc_value& value) {
  constexpr std::array<std::string_view, 6> names = {
    "a boolean", "an integer", "a decimal number",
    "a string",  "an array",   "a table",
  };
  return names[value.data.index()];
}

error to_error(const problem_list& problems, std::string_view what) {
  SERVAL_ASSERT(!problems.empty());
  auto text = problems.size() == 1
                ? fmt::format("{} has a problem:", what)
                : fmt::format("{} has {} problems:", what, problems.size());
  for (const auto& each : problems) {
    text += "\n  ";
    for (const auto* part : {&each.where, &each.key})
      if (!part->empty())
        text += *part + ": ";
    text += each.message;
  }
  return {errc::bad_request, std::move(text)};
}

std::string where_of(const doc_value& root, std::string_view path) {
  const auto* at = &root;
  while (!path.empty()) {
    auto dot = path.find('.');
    const auto* table = std::get_if<doc_table>(&at->data);
    if (table == nullptr)
      break;
    auto found = table->find(path.substr(0, dot));
    if (found == table->end())
      break;
    at = &found->second;
    path = dot == std::string_view::npos ? "" : path.substr(dot + 1);
  }
  return at->where;
}

std::string_view nearest(std::string_view word,
                         const std::vector<std::string_view>& candidates) {
  std::string_view best;
  // A word that shares less than half with the candidate is no typing error.
  // Very long words are not typing errors either, and cost much to compare.
  if (word.size() > 64)
    return best;
  auto best_distance = std::max<std::size_t>(word.size() / 2, 2) + 1;
  for (auto candidate : candidates) {
    auto distance = edit_distance(word, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

} // namespace serval
