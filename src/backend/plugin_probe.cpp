#include "backend/plugin_probe.hpp"

#include "base/assert.hpp"

namespace serval {

namespace {

/// Lives until it has told its result.
class plugin_probe final : public worker_body_events,
                           public timer,
                           public std::enable_shared_from_this<plugin_probe> {
public:
  using callback = std::function<void(result<plugin_description>)>;

  plugin_probe(loop& home, probe_order order, callback done)
    : home_(home), order_(std::move(order)), done_(std::move(done)) {
    // nop
  }

  void start(spawner& from) {
    self_ = shared_from_this();
    due_in_ = order_.process.start_timeout;
    home_.arm(*this, loop::now() + due_in_);
    // The probe as a whole has a deadline; each worker's own comes after it.
    order_.process.start_timeout += std::chrono::seconds{1};
    process_ = worker_process::start(home_, from, order_.process);
    try_next();
  }

private:
  void try_next() {
    if (next_ == order_.backends.size()) {
      process_->describe_plugin([this](plugin_description found) {
        if (found.failure.empty())
          finish(std::move(found));
        else
          finish(error{errc::bad_plugin, std::move(found.failure)});
      });
      return;
    }
    doing_ = "constructed";
    body_ = std::make_unique<process_body>(process_, order_.backends[next_],
                                           *this);
  }

  std::string named() const {
    return "backend \"" + order_.backends[next_].backend + "\"";
  }

  // -- worker_body_events -----------------------------------------------------

  void ready() override {
    doing_ = "destroyed";
    body_->stop(due_in_);
  }

  void ended(bool stopped, error why) override {
    if (!stopped)
      return finish(std::move(why));
    if (!process_->up())
      return finish(error{errc::bad_plugin, end_in_destruction()});
    ++next_;
    auto over = std::exchange(body_, nullptr);
    try_next();
  }

  std::string end_in_destruction() const {
    auto& end = process_->end();
    if (end.what == process_end::cause::killed)
      return end.text;
    return "the plugin ended its process while " + named()
           + " was destroyed: the process " + end.text;
  }

  void finished(std::vector<call_result>, duration) override {
    // nop
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

  // -- timer ------------------------------------------------------------------

  void on_timer(time_point) override {
    auto seconds = std::chrono::duration<double>(due_in_).count();
    auto text = std::to_string(seconds);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.')
      text.pop_back();
    auto what = next_ < order_.backends.size()
                  ? named() + " hung while it was " + doing_
                  : std::string{"the plugin hung"};
    process_->kill(what + ": the plugin's probe was not over after " + text
                   + " s");
  }

  void finish(result<plugin_description> what) {
    cancel();
    // What is told may be the last that anybody wants of this.
    auto self = std::exchange(self_, nullptr);
    auto done = std::exchange(done_, nullptr);
    done(std::move(what));
    home_.post([self] { self->body_.reset(); });
  }

  loop& home_;
  probe_order order_;
  callback done_;
  duration due_in_{0};
  std::shared_ptr<worker_process> process_;
  std::unique_ptr<process_body> body_;
  std::size_t next_ = 0;
  const char* doing_ = "loaded";
  std::shared_ptr<plugin_probe> self_;
};

} // namespace

void probe_plugin(loop& home, spawner& from, probe_order order,
                  std::function<void(result<plugin_description>)> done) {
  SERVAL_ASSERT(!order.backends.empty());
  std::make_shared<plugin_probe>(home, std::move(order), std::move(done))
    ->start(from);
}

} // namespace serval
