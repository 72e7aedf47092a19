// What a leader's fleet costs with so many nodes and workers: the core, with
// nodes that do at once what they are told. Prints one line of JSON. Times are
// of the processor.
//
// usage: fleet NODES APPLICATIONS WORKERS_EACH

#include "timed.hpp"

#include "cluster/fleet.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

using namespace serval;

namespace {

time_point now{std::chrono::hours{1}};

std::shared_ptr<const app_spec> make_spec(const std::string& name,
                                          std::uint32_t workers) {
  auto spec = std::make_shared<app_spec>();
  spec->name = name;
  backend_spec back;
  back.name = "back";
  back.workers = workers;
  back.cpu = 0.1;
  spec->backends = {back};
  return spec;
}

std::string name_of(std::size_t app) {
  return "application-" + std::to_string(app);
}

/// The fleet, with all that its nodes and app_masters do.
class cluster {
public:
  cluster(std::size_t nodes, std::size_t apps, std::uint32_t workers)
    : workers_(workers) {
    for (std::size_t i = 0; i < apps; ++i)
      specs_.push_back(make_spec(name_of(i), workers));
    for (std::size_t i = 0; i < nodes; ++i) {
      node_facts facts;
      facts.name = "node-" + std::to_string(i);
      facts.zone = "zone-" + std::to_string(i % 20);
      facts.address = "10.0.0.1:9460";
      facts.cpu = 12;
      facts.memory_bytes = std::uint64_t{64} << 30;
      facts_.push_back(facts);
      obey(fleet_.joined(facts, {}, now));
    }
    now += std::chrono::minutes{1};
    obey(fleet_.on_timer(now));
  }

  void start_all() {
    for (std::size_t app = 0; app < specs_.size(); ++app) {
      obey(fleet_.connect(name_of(app), now));
      for (std::uint32_t i = 0; i < workers_; ++i)
        start(app, app * 1000 + i, 1);
    }
  }

  void start(std::size_t app, std::uint64_t id, std::uint32_t incarnation) {
    obey(fleet_.start({name_of(app), {1}, specs_[app], "back",
                       {{id}, incarnation}, 0},
                      now));
  }

  /// A worker dies, and starts again somewhere.
  void replace(std::size_t app) {
    auto id = app * 1000;
    auto incarnation = ++incarnations_[app];
    obey(fleet_.reported(places_[id], name_of(app),
                         worker_died{{{id}, incarnation}, "killed"}, now));
    start(app, id, incarnation + 1);
  }

  void publish(std::size_t app) {
    auto table = std::make_shared<app_table>();
    table->app = name_of(app);
    table->version = ++versions_[app];
    table->serving = {1};
    table->releases = {{{1}, specs_[app], {}}};
    obey(fleet_.publish(std::move(table)));
  }

  /// One node in `nth` is lost, with all that its app_masters do about it.
  std::size_t lose(std::size_t nth) {
    for (std::size_t i = 0; i < facts_.size(); i += nth)
      obey(fleet_.link_lost(facts_[i].name, now));
    now += std::chrono::seconds{3};
    died_.clear();
    obey(fleet_.on_timer(now));
    auto died = std::exchange(died_, {});
    for (const auto& [app, key] : died)
      start(key.id.value / 1000, key.id.value, key.incarnation + 1);
    return died.size();
  }

private:
  void obey(const fleet_effects& what) {
    for (const auto& each : what)
      std::visit([this](const auto& x) { obey(x); }, each);
  }

  void obey(const order_start& x) {
    places_[x.order.key.id.value] = x.node;
    obey(fleet_.reported(x.node, x.order.app, worker_ready{x.order.key, 1},
                         now));
  }

  void obey(const order_publish& x) {
    obey(fleet_.reported(x.node, x.table->app, table_acked{x.table->version},
                         now));
  }

  void obey(const tell_report& x) {
    if (const auto* died = std::get_if<worker_died>(&x.report))
      died_.emplace_back(x.app, died->key);
  }

  void obey(const auto&) {
    // Nobody does anything about it here.
  }

  std::uint32_t workers_;
  std::vector<std::shared_ptr<const app_spec>> specs_;
  std::vector<node_facts> facts_;
  fleet fleet_{{}, now};
  std::map<std::uint64_t, std::string> places_;
  std::map<std::size_t, std::uint32_t> incarnations_;
  std::map<std::size_t, std::uint64_t> versions_;
  std::vector<std::pair<std::string, worker_key>> died_;
};

template <class Work>
double milliseconds(Work work) {
  auto begun = micro::cpu_ns();
  work();
  return (micro::cpu_ns() - begun) / 1e6;
}

template <class Work>
double median_us(int rounds, Work work) {
  std::vector<double> found;
  for (int i = 0; i < rounds; ++i)
    found.push_back(
      1000 * milliseconds([&] { work(static_cast<std::size_t>(i)); }));
  std::sort(found.begin(), found.end());
  return found[found.size() / 2];
}

} // namespace

int main(int argc, char** argv) {
  auto number = [&](int at) {
    return argc == 4 ? std::strtoul(argv[at], nullptr, 10) : 0;
  };
  auto nodes = number(1);
  auto apps = number(2);
  auto workers = number(3);
  if (nodes == 0 || apps == 0 || workers == 0 || workers > 999) {
    std::fputs("usage: fleet NODES APPLICATIONS WORKERS_EACH\n", stderr);
    return 2;
  }
  cluster all{nodes, apps, static_cast<std::uint32_t>(workers)};
  auto start = milliseconds([&] { all.start_all(); });
  auto replace
    = median_us(31, [&](std::size_t round) { all.replace(round % apps); });
  auto publish
    = median_us(31, [&](std::size_t round) { all.publish(round % apps); });
  std::size_t lost = 0;
  auto loss = milliseconds([&] { lost = all.lose(10); });
  std::printf("{\"nodes\": %zu, \"workers\": %zu, \"start_ms\": %.1f, "
              "\"replace_us\": %.1f, \"publish_us\": %.1f, "
              "\"loss_ms\": %.1f, \"lost_workers\": %zu}\n",
              nodes, apps * workers, start, replace, publish, loss, lost);
  return lost > 0 ? 0 : 1;
}
