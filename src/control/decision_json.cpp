#include "control/decision_json.hpp"

#include "control/json_reading.hpp"

namespace serval {

namespace {

namespace json = boost::json;

using milliseconds = std::chrono::milliseconds;

decision read_decision(const json::object& from) {
  decision out;
  out.number = from.at("number").to_number<std::uint64_t>();
  out.age = milliseconds{from.at("age_ms").to_number<std::uint32_t>()};
  out.times = from.at("times").to_number<std::uint32_t>();
  out.about = text_at(from, "about");
  out.what = text_at(from, "what");
  out.why = text_at(from, "why");
  return out;
}

} // namespace

json::object to_json(const std::vector<decision>& decisions) {
  json::array list;
  for (const auto& each : decisions)
    list.push_back(
      {{"number", each.number},
       {"age_ms", std::chrono::duration_cast<milliseconds>(each.age).count()},
       {"times", each.times},
       {"about", each.about},
       {"what", each.what},
       {"why", each.why}});
  return {{"decisions", std::move(list)}};
}

result<std::vector<decision>> parse_decisions_json(std::string_view text) {
  return read_json("the decisions are", text, [](const json::object& from) {
    std::vector<decision> out;
    for (const auto& each : from.at("decisions").as_array())
      out.push_back(read_decision(each.as_object()));
    return out;
  });
}

} // namespace serval
