// What the dispatcher's core decides in how much time: a map from `begin` to
// its end, over 200 workers that answer at once. No actor, no message, no
// thread; what the workers' answers cost to make is in the figure.

#include "timed.hpp"

#include "dispatcher/dispatcher.hpp"

#include <cstdlib>

using namespace serval;

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t worker_count = 200;

struct instant_workers final : dispatcher_effects {
  struct answer {
    worker_id from;
    std::vector<call_result> results;
  };

  void send(worker_id to, std::vector<worker_call> calls) override {
    auto& next = answers.emplace_back(answer{to, {}});
    next.results.reserve(calls.size());
    for (auto& call : calls)
      next.results.push_back({call.id, outcome::success({})});
  }

  void cancel(worker_id, std::vector<call_id>) override {
    std::abort();
  }

  void done(map_id, map_outcomes outcomes) override {
    for (auto& each : outcomes)
      answered += each.ok();
  }

  std::vector<answer> answers;
  std::uint64_t answered = 0;
};

class one_loop {
public:
  one_loop() {
    subject_.add_backend("leaf", 1024, false);
    for (std::uint64_t id = 1; id <= worker_count; ++id)
      subject_.add_worker("leaf", {worker_id{id}, 1, locality::loop});
    auto context = std::make_shared<request_context>();
    context->deadline = now_ + 1000h;
    request_.backend = "leaf";
    request_.context = std::move(context);
  }

  void run(std::size_t pieces) {
    auto before = workers_.answered;
    auto request = request_;
    request.pieces.resize(pieces, {nullptr, "x"});
    subject_.begin(std::move(request), now_);
    while (!workers_.answers.empty()) {
      batch_.swap(workers_.answers);
      for (auto& each : batch_) {
        now_ += 100ns;
        subject_.results(each.from, std::move(each.results), 100ns, now_);
      }
      batch_.clear();
    }
    if (workers_.answered - before != pieces)
      std::abort();
  }

private:
  instant_workers workers_;
  poison_table poison_;
  dispatcher subject_{0, 1, workers_, poison_};
  time_point now_{1h};
  map_request request_;
  std::vector<instant_workers::answer> batch_;
};

} // namespace

int main() {
  one_loop loop;
  micro::measure("dispatch a map of 1 piece over 200 workers, per map", 1,
                 [&] { loop.run(1); });
  micro::measure("dispatch a map of 1,000 pieces over 200 workers, per piece",
                 1000, [&] { loop.run(1000); });
}
