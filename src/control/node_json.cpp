#include "control/node_json.hpp"

#include "control/json_reading.hpp"

#include <stdexcept>

namespace serval {

namespace {

namespace json = boost::json;

node_state read_state(std::string_view name) {
  for (const auto& each : node_cycle().states())
    if (each.name == name)
      return each.state;
  throw std::invalid_argument("unknown state");
}

json::object to_json(const node_status& node) {
  const auto& facts = node.facts;
  json::array labels;
  for (const auto& each : facts.labels)
    labels.push_back(json::string{each});
  return {{"name", facts.name},
          {"state", to_string(node.state)},
          {"since_seconds", node.since.count()},
          {"leads", node.leads},
          {"workers", node.workers},
          {"zone", facts.zone},
          {"address", facts.address},
          {"admin", facts.admin},
          {"version", facts.version},
          {"labels", std::move(labels)},
          {"cpu", facts.cpu},
          {"memory_bytes", facts.memory_bytes}};
}

node_status read_node(const json::object& from) {
  node_status out;
  out.facts.name = text_at(from, "name");
  out.state = read_state(text_at(from, "state"));
  out.since = std::chrono::seconds{
    from.at("since_seconds").to_number<std::int64_t>()};
  out.leads = from.at("leads").as_bool();
  out.workers = from.at("workers").to_number<std::uint32_t>();
  out.facts.zone = text_at(from, "zone");
  out.facts.address = text_at(from, "address");
  out.facts.admin = text_at(from, "admin");
  out.facts.version = text_at(from, "version");
  for (const auto& each : from.at("labels").as_array())
    out.facts.labels.emplace_back(each.as_string());
  out.facts.cpu = from.at("cpu").to_number<double>();
  out.facts.memory_bytes = from.at("memory_bytes").to_number<std::uint64_t>();
  return out;
}

} // namespace

json::object to_json(const std::vector<node_status>& nodes) {
  json::array list;
  for (const auto& each : nodes)
    list.push_back(to_json(each));
  return {{"nodes", std::move(list)}};
}

result<std::vector<node_status>> parse_nodes_json(std::string_view text) {
  return read_json("the nodes are", text, [](const json::object& from) {
    std::vector<node_status> out;
    for (const auto& each : from.at("nodes").as_array())
      out.push_back(read_node(each.as_object()));
    return out;
  });
}

} // namespace serval
