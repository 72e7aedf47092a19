#include "control/leadership_json.hpp"

#include "control/json_reading.hpp"

namespace serval {

namespace {

namespace json = boost::json;

/// A role of a newer server is none that this side knows.
leader_role role_named(std::string_view name) {
  for (auto each : {leader_role::following, leader_role::recovering,
                    leader_role::leading})
    if (to_string(each) == name)
      return each;
  return leader_role::starting;
}

} // namespace

json::object to_json(const leadership_view& view) {
  return {{"role", to_string(view.role)},
          {"epoch", view.epoch.value},
          {"leader", view.leader},
          {"leader_admin", view.leader_admin},
          {"reason", view.reason}};
}

result<leadership_view> parse_leadership_json(std::string_view node) {
  return read_json("the node is", node, [](const json::object& from) {
    const auto& plane = from.at("control_plane").as_object();
    leadership_view out;
    out.role = role_named(text_at(plane, "role"));
    out.epoch.value = plane.at("epoch").to_number<std::uint64_t>();
    out.leader = text_at(plane, "leader");
    out.leader_admin = text_at(plane, "leader_admin");
    out.reason = text_at(plane, "reason");
    return out;
  });
}

} // namespace serval
