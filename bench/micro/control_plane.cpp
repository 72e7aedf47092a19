// What the control plane costs with so many workers: the cores of app_masters
// with a store in memory and a node that does at once what it is told. Prints
// one line of JSON. Times are of the processor.
//
// usage: control_plane APPLICATIONS WORKERS_EACH

#include "timed.hpp"

#include "app_master/app_master.hpp"
#include "store/memory_store.hpp"

#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

using namespace serval;

namespace {

double resident_kib() {
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::ifstream{"/proc/self/statm"} >> size >> resident;
  return static_cast<double>(resident)
         * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

/// The time, which passes by itself in no measurement.
time_point now{std::chrono::hours{1}};

/// An application with its app_master, and what its node does.
class application {
public:
  application(std::uint64_t number, store& journals, serval::epoch epoch)
    : name_("application-" + std::to_string(number)),
      journals_(journals),
      epoch_(epoch),
      core_({name_, worker_id{number * 1'000'000 + 1}, 0, number, {}}) {
    // nop
  }

  void recover() {
    auto from = journals_.read(name_);
    run(core_.recover(*from, {}, now));
  }

  void deploy(std::uint32_t workers) {
    app_spec spec;
    spec.name = name_;
    spec.route = "/" + name_;
    spec.entry = "front";
    spec.plugin_sha256 = std::string(64, 'a');
    backend_spec back;
    back.name = "back";
    back.workers = workers - workers / 6;
    backend_spec front;
    front.name = "front";
    front.workers = workers / 6;
    spec.backends = {back, front};
    order(deploy_release{std::move(spec)});
  }

  void scale(std::uint32_t workers) {
    order(scale_backend{"back", workers});
  }

  void worker_dies() {
    const auto& some = core_.observed().workers.all().begin()->second;
    news_.push_back(worker_died{some.key, "killed by signal 9"});
    settle();
  }

  /// A turn in which nothing has happened.
  void reconcile() {
    run(core_.on_timer(now));
  }

  /// Does all that is to be done, and all that follows from it.
  void settle() {
    while (append_ || !news_.empty()) {
      if (append_) {
        auto what = std::move(*append_);
        append_.reset();
        run(core_.on_appended(
          journals_.append({name_, epoch_, what.expected, {}, what.changes}),
          now));
      } else {
        run(core_.on_reports(std::exchange(news_, {}), now));
      }
    }
  }

  std::size_t ready() const {
    std::size_t ready = 0;
    for (const auto& [id, worker] : core_.observed().workers.all())
      ready += worker.state == worker_state::ready;
    return ready;
  }

private:
  template <class What>
  void order(What what) {
    auto id = "operation-" + std::to_string(++orders_);
    run(core_.handle({{id, "bench", ""}, std::move(what)}, orders_, now));
    settle();
  }

  void run(const effects& what) {
    for (const auto& one : what)
      std::visit([this](const auto& x) { obey(x); }, one.what);
  }

  void obey(const probe_release& x) {
    news_.push_back(release_probed{x.release, true, {}, {}});
  }

  void obey(const start_worker& x) {
    news_.push_back(worker_ready{x.order.key, 1});
  }

  void obey(const stop_worker& x) {
    news_.push_back(worker_stopped{x.key});
  }

  void obey(const publish_table& x) {
    news_.push_back(table_acked{x.table->version});
  }

  void obey(const append_changes& x) {
    append_ = x;
  }

  void obey(const compact_journal&) {
    // Nothing is ever due here.
  }

  void obey(const answer_command&) {
    // Nobody waits.
  }

  void obey(const leave_handover&) {
    // nop
  }

  void obey(const set_timer&) {
    // No time passes.
  }

  std::string name_;
  store& journals_;
  serval::epoch epoch_;
  app_master core_;
  std::vector<node_report> news_;
  std::optional<append_changes> append_;
  std::uint64_t orders_ = 0;
};

using applications = std::vector<std::unique_ptr<application>>;

applications make_applications(std::size_t count, store& journals,
                               serval::epoch epoch) {
  applications all;
  for (std::size_t i = 1; i <= count; ++i)
    all.push_back(std::make_unique<application>(i, journals, epoch));
  return all;
}

/// What `work` takes for each, in microseconds, as the median over rounds.
template <class Work>
double median_us(int rounds, double items, Work work) {
  std::vector<double> found;
  for (int i = 0; i < rounds; ++i) {
    auto begun = micro::cpu_ns();
    work(i);
    found.push_back((micro::cpu_ns() - begun) / 1000 / items);
  }
  std::sort(found.begin(), found.end());
  return found[found.size() / 2];
}

} // namespace

int main(int argc, char** argv) {
  auto count = argc == 3 ? std::strtoul(argv[1], nullptr, 10) : 0;
  auto workers = argc == 3 ? std::strtoul(argv[2], nullptr, 10) : 0;
  if (count == 0 || workers < 6) {
    std::fputs("usage: control_plane APPLICATIONS WORKERS_EACH\n", stderr);
    return 2;
  }
  memory_store journals{[] { return now; }};
  auto epoch = journals.lease("bench", std::chrono::hours{1})->epoch;
  auto before = resident_kib();
  auto all = make_applications(count, journals, epoch);
  auto each = static_cast<std::uint32_t>(workers);
  auto deploy = median_us(1, 1, [&](int) {
    for (auto& one : all) {
      one->recover();
      one->deploy(each);
    }
  });
  auto kib = resident_kib() - before;
  std::size_t ready = 0;
  for (auto& one : all)
    ready += one->ready();
  if (ready != count * workers) {
    std::fprintf(stderr, "%zu of %zu workers are ready\n", ready,
                 count * workers);
    return 1;
  }
  auto back = each - each / 6;
  auto change = median_us(31, 1, [&](int round) {
    all[static_cast<std::size_t>(round) * 7 % count]->scale(
      back + 1 + static_cast<std::uint32_t>(round));
  });
  auto death = median_us(31, 1, [&](int round) {
    all[static_cast<std::size_t>(round) * 5 % count]->worker_dies();
    // Long enough for it to be stable.
    now += std::chrono::minutes{1};
  });
  auto reconcile = median_us(5, 1, [&](int) {
    for (auto& one : all)
      one->reconcile();
  });
  auto again = make_applications(count, journals, epoch);
  auto recover = median_us(1, 1, [&](int) {
    for (auto& one : again)
      one->recover();
  });
  std::printf("{\"workers\": %zu, \"applications\": %zu, \"deploy_ms\": %.1f, "
              "\"change_us\": %.1f, \"death_us\": %.1f, "
              "\"reconcile_ms\": %.2f, \"recover_ms\": %.1f, "
              "\"kib_per_worker\": %.2f}\n",
              count * workers, count, deploy / 1000, change, death,
              reconcile / 1000, recover / 1000,
              kib / static_cast<double>(count * workers));
  return 0;
}
