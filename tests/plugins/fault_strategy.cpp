// What the fault rig (tests/faults) deploys. A request says what to do and is
// answered with its id, a blank and itself, so that a client can tell an answer
// to another request from its own. Each start of a call can leave a line in a
// ledger, so that what ran twice or too late can be counted.

#include "words.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using serval::context;
using std::string;
using std::string_view;

/// A file that all workers append to: "BACKEND ID PID MONOTONIC_NS REMAINING_NS
/// REQUEST" for each start of a call. A line is one write, so none is torn.
class ledger {
public:
  explicit ledger(const serval::config& config) {
    auto path = config.get<string>("ledger", "");
    if (path.empty())
      return;
    file_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
                   0644);
    if (file_ < 0)
      throw std::runtime_error("cannot open the ledger " + path);
  }

  ~ledger() {
    if (file_ >= 0)
      ::close(file_);
  }

  void note(const context& ctx, string_view backend, string_view request) {
    if (file_ < 0)
      return;
    auto [now, remaining] = look(ctx);
    auto line = string{backend} + " " + string{ctx.request_id()} + " "
                + std::to_string(::getpid()) + " "
                + std::to_string(now.time_since_epoch().count()) + " "
                + std::to_string(remaining.count()) + " "
                + string{request.substr(0, 40)} + "\n";
    if (::write(file_, line.data(), line.size()) < 0)
      throw std::runtime_error("cannot write to the ledger");
  }

private:
  struct glance {
    std::chrono::steady_clock::time_point at;
    std::chrono::nanoseconds remaining;
  };

  /// Two clocks at one time, also if the processor goes away in between.
  static glance look(const context& ctx) {
    for (;;) {
      auto before = std::chrono::steady_clock::now();
      auto remaining = ctx.remaining();
      if (std::chrono::steady_clock::now() - before
          < std::chrono::milliseconds{1})
        return {before, remaining};
    }
  }

  int file_ = -1;
};

/// Memory that a leaking worker never gives back.
std::vector<std::unique_ptr<char[]>> leaked;

void leak(long mib) {
  constexpr std::size_t page = 4096;
  auto bytes = static_cast<std::size_t>(mib) << 20;
  auto& block = leaked.emplace_back(std::make_unique<char[]>(bytes));
  for (std::size_t at = 0; at < bytes; at += page)
    block[at] = 1;
}

[[noreturn]] void hang() {
  volatile bool forever = true;
  while (forever)
    continue;
  std::abort();
}

/// "DEED [ARGUMENT] ANYTHING": does it, and answers with an echo.
///
///   echo              nothing
///   sleep MS          suspends the call
///   block MS          blocks the thread, as bad user code does
///   hang              never returns, never looks
///   crash             ends the process
///   leak MIB          keeps so much memory for ever
///   answer KIB        answers so much, and no echo
///
/// With `crash_after`, a span, a process ends by itself so long after it
/// started; if `crash_if` is a path, only if a file was there by then. With
/// `ailing`, the path of a folder, a process fails all calls at once while a
/// file with its process id as name is there.
class doer : public serval::backend {
public:
  doer(string_view name, const serval::config& config)
    : name_(name), ledger_(config),
      ailing_(config.get<string>("ailing", "")) {
    auto limit = config.get("crash_after", std::chrono::nanoseconds{0});
    auto condition = config.get<string>("crash_if", "");
    if (limit.count() > 0
        && (condition.empty() || ::access(condition.c_str(), F_OK) == 0))
      std::thread{[limit] {
        std::this_thread::sleep_for(limit);
        std::abort();
      }}.detach();
  }

  string handle(context& ctx, string_view request) override {
    ledger_.note(ctx, name_, request);
    if (is_ailing())
      throw std::runtime_error("this worker ails");
    auto rest = request;
    auto deed = take_word(rest);
    if (deed == "answer")
      return string(static_cast<std::size_t>(take_number(rest)) << 10, 'x');
    act(ctx, deed, rest);
    return string{ctx.request_id()} + " " + string{request};
  }

protected:
  virtual void act(context& ctx, string_view deed, string_view& rest) {
    if (deed == "sleep")
      ctx.sleep(std::chrono::milliseconds{take_number(rest)});
    else if (deed == "block")
      std::this_thread::sleep_for(
        std::chrono::milliseconds{take_number(rest)});
    else if (deed == "hang")
      hang();
    else if (deed == "crash")
      std::abort();
    else if (deed == "leak")
      leak(take_number(rest));
    else if (deed != "echo")
      throw serval::reject(400, "no such deed: " + string{deed});
  }

private:
  bool is_ailing() const {
    auto mark = ailing_ + "/" + std::to_string(::getpid());
    return !ailing_.empty() && ::access(mark.c_str(), F_OK) == 0;
  }

  string name_;
  ledger ledger_;
  string ailing_;
};

struct leaf : doer {
  explicit leaf(const serval::config& config) : doer("leaf", config) {
    // nop
  }
};

/// Also "tree STAGES WIDTH MS ANYTHING": in each stage asks WIDTH leaves to
/// sleep, and says 409 if a piece got the answer to another.
class entry : public doer {
public:
  explicit entry(const serval::config& config) : doer("entry", config) {
    // nop
  }

protected:
  void act(context& ctx, string_view deed, string_view& rest) override {
    if (deed != "tree")
      return doer::act(ctx, deed, rest);
    auto stages = take_number(rest);
    auto width = take_number(rest);
    auto pause = std::to_string(take_number(rest));
    for (long stage = 1; stage <= stages; ++stage)
      run_stage(ctx, width, pause + " stage " + std::to_string(stage),
                string{rest});
  }

private:
  static void run_stage(context& ctx, long width, const string& sleep,
                        const string& tag) {
    std::vector<string> pieces;
    for (long piece = 0; piece < width; ++piece)
      pieces.push_back("sleep " + sleep + " piece " + std::to_string(piece)
                       + " " + tag);
    auto id = string{ctx.request_id()};
    for (auto part : ctx.map("leaf", pieces)) {
      if (!part.ok())
        throw std::runtime_error("a piece failed: "
                                 + string{to_string(part.outcome)});
      if (part.body != id + " " + pieces[part.index])
        throw serval::reject(409, "a piece got another's answer");
    }
  }
};

} // namespace

SERVAL_EXPORT(serval::as<entry>("entry"), serval::as<leaf>("leaf"));
