// The same strategy without Serval: three nested loops in one process.
//
// usage: bank_monitor_serial DATA_DIR [REQUEST]

#include "merge.hpp"
#include "messages.hpp"
#include "metric_folder.hpp"

#include <cstdio>
#include <exception>
#include <string>

#include <boost/json.hpp>

namespace bank_monitor {

namespace {

overview monitor(metric_folder& folder, const query& query) {
  std::map<std::string, part<bank_reply>> banks;
  for (const auto& [bank, bank_task] : folder.split(query)) {
    auto tasks = folder.split(bank_task);
    if (auto why = std::get_if<absence>(&tasks)) {
      banks[bank] = *why;
      continue;
    }
    std::map<std::string, part<indicator_reply>> indicators;
    for (const auto& [indicator, task] : std::get<0>(tasks))
      indicators[indicator] = folder.read(task); // loops over the series
    banks[bank] = merge(bank, std::move(indicators));
  }
  return merge(std::move(banks));
}

} // namespace

} // namespace bank_monitor

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: %s DATA_DIR [REQUEST]\n", argv[0]);
    return 2;
  }
  try {
    bank_monitor::metric_folder folder{argv[1]};
    auto request = boost::json::parse(argc == 3 ? argv[2] : "{}");
    auto query = boost::json::value_to<bank_monitor::query>(request);
    auto overview = bank_monitor::monitor(folder, query);
    auto text = boost::json::serialize(boost::json::value_from(overview));
    std::printf("%s\n", text.c_str());
    return judge(overview) == bank_monitor::verdict::good ? 0 : 1;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "bank_monitor_serial: %s\n", problem.what());
    return 1;
  }
}
