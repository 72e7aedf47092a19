// What a call to a worker process costs: echo with so many calls in flight,
// each answered call followed by the next. Prints one line per setting.
//
// usage: worker_process_bench PLUGIN [CALLS]

#include "backend/process_body.hpp"
#include "base/sha256.hpp"

#include <sys/resource.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <string_view>

namespace serval {

namespace {

/// Keeps `in_flight` calls under way until `left` is used up.
class driver final : public worker_body_events {
public:
  driver(loop& home, std::size_t in_flight, std::size_t left)
    : home_(home), in_flight_(in_flight), left_(left) {
    // nop
  }

  void run(spawner& from, process_options options) {
    home_.post([&] {
      body_order order{"echo", {}, {}};
      body_ = std::make_unique<process_body>(
        worker_process::start(home_, from, std::move(options)),
        std::move(order), *this);
    });
    std::unique_lock guard{mutex_};
    changed_.wait(guard, [this] { return done_; });
    done_ = false;
    home_.post([this] {
      body_.reset();
      done();
    });
    changed_.wait(guard, [this] { return done_; });
  }

  std::int64_t pid = 0;
  time_point started;
  time_point ended_at;
  double child_seconds = 0;
  double own_seconds = 0;

private:
  void ready() override {
    pid = body_->pid();
    child_seconds = -cpu_of(pid);
    own_seconds = -own_cpu();
    started = loop::now();
    send(in_flight_);
  }

  void ended(bool, error why) override {
    std::fprintf(stderr, "%s\n", why.message.c_str());
    std::exit(1);
  }

  void finished(std::vector<call_result> results, duration) override {
    answered_ += results.size();
    if (left_ > 0)
      return send(std::min(results.size(), left_));
    if (answered_ == sent_) {
      ended_at = loop::now();
      child_seconds += cpu_of(pid);
      own_seconds += own_cpu();
      done();
    }
  }

  void begin_map(map_ticket, call_id, map_request) override {
    // nop
  }

  void end_map(map_ticket) override {
    // nop
  }

  void log(std::string_view, std::uint32_t, std::string_view) override {
    // nop
  }

  void send(std::size_t count) {
    std::vector<worker_call> calls;
    calls.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      auto context = std::make_shared<request_context>();
      context->request_id = "0123456789abcdef0123456789abcdef";
      context->deadline = loop::now() + std::chrono::seconds{10};
      calls.push_back({{++sent_},
                       0,
                       std::move(context),
                       payload::own(std::string(64, 'x'))});
    }
    left_ -= std::min(left_, count);
    body_->submit(std::move(calls));
  }

  void done() {
    std::lock_guard guard{mutex_};
    done_ = true;
    changed_.notify_all();
  }

  static double own_cpu() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec)
             + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
  }

  /// CPU time of another process, in seconds.
  static double cpu_of(std::int64_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string word;
    double ticks = 0;
    for (int i = 1; i <= 15 && file >> word; ++i)
      if (i >= 14)
        ticks += std::atof(word.c_str());
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }

  loop& home_;
  std::size_t in_flight_;
  std::size_t left_;
  std::size_t sent_ = 0;
  std::size_t answered_ = 0;
  std::unique_ptr<process_body> body_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

void measure(loop& home, spawner& from, const std::string& plugin,
             std::size_t in_flight, std::size_t calls) {
  process_options options;
  options.label = "bench";
  options.plugin_path = plugin;
  options.plugin_sha256 = *sha256_hex_of_file(plugin);
  driver subject{home, in_flight, calls};
  subject.run(from, options);
  auto seconds
    = std::chrono::duration<double>(subject.ended_at - subject.started).count();
  auto each = [&](double total) {
    return total / static_cast<double>(calls) * 1e6;
  };
  std::printf("%4zu in flight: %8.0f calls/s, %6.2f us each; CPU per call: "
              "daemon %.2f us, process %.2f us\n",
              in_flight, static_cast<double>(calls) / seconds, each(seconds),
              each(subject.own_seconds), each(subject.child_seconds));
}

} // namespace

} // namespace serval

int main(int argc, char** argv) {
  using namespace serval;
  if (argc < 2) {
    std::fputs("usage: worker_process_bench PLUGIN [CALLS]\n", stderr);
    return 2;
  }
  std::size_t calls = 1'000'000;
  if (argc > 2)
    calls = std::strtoull(argv[2], nullptr, 10);
  loop home{0};
  spawner from;
  home.start();
  measure(home, from, argv[1], 1, calls / 20);
  measure(home, from, argv[1], 16, calls / 4);
  measure(home, from, argv[1], 64, calls);
  measure(home, from, argv[1], 512, calls);
  home.stop();
}
