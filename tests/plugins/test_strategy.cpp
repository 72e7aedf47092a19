// A backend for every way in which a call can go. Bodies are plain text.

#include "echo.hpp"
#include "words.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace {

using serval::context;
using std::string;
using std::string_view;

/// "NAME BODY": asks backend NAME and passes on its answer or refusal.
struct router : serval::backend {
  string handle(context& ctx, string_view request) override {
    auto name = take_word(request);
    try {
      return ctx.call(name, request);
    } catch (const serval::call_failed& problem) {
      if (problem.outcome() == serval::call_outcome::rejected)
        throw serval::reject(problem.reject_status(), problem.what());
      throw;
    }
  }
};

/// What a layer of the fan-out knows of the leaves below it. As text:
/// "LEAVES MISSING SUM".
struct tally {
  long leaves = 0;
  long missing = 0;
  long sum = 0;

  static tally parse(string_view text) {
    return {take_number(text), take_number(text), take_number(text)};
  }

  string text() const {
    return std::to_string(leaves) + " " + std::to_string(missing) + " "
           + std::to_string(sum);
  }
};

/// "N", or "N WIDTH": asks for the leaves 0 to N-1 through two more layers,
/// WIDTH of them (32 if absent) in each piece. Answers a tally; the sum of
/// leaf numbers proves that each was asked once.
struct fan_out : serval::backend {
  string handle(context& ctx, string_view request) override {
    auto count = take_number(request);
    auto width = request.empty() ? 32 : take_number(request);
    if (count < 0 || width < 1)
      throw serval::reject(400, "give a count and a positive width");
    std::vector<string> pieces;
    for (long first = 0; first < count; first += width)
      pieces.push_back(std::to_string(first) + " "
                       + std::to_string(std::min(first + width, count)));
    tally total;
    for (auto part : ctx.map("fan_mid", pieces)) {
      auto& piece = pieces[part.index];
      auto below = part.ok() ? tally::parse(part.body) : lost(piece);
      total.leaves += below.leaves;
      total.missing += below.missing;
      total.sum += below.sum;
    }
    return total.text();
  }

  static tally lost(string_view piece) {
    auto first = take_number(piece);
    return {0, take_number(piece) - first, 0};
  }
};

/// "FIRST LAST": the middle layer, asks for the leaves FIRST to LAST-1.
struct fan_mid : serval::backend {
  string handle(context& ctx, string_view request) override {
    std::vector<string> pieces;
    auto first = take_number(request);
    for (auto last = take_number(request); first < last; ++first)
      pieces.push_back(std::to_string(first));
    tally total;
    for (auto part : ctx.map("leaf", pieces)) {
      total.leaves += part.ok();
      total.missing += !part.ok();
      total.sum += part.ok() ? std::stol(string{part.body}) : 0;
    }
    return total.text();
  }
};

/// Answers its own number, after `leaf_sleep` of its configuration.
class leaf : public serval::backend {
public:
  explicit leaf(const serval::config& config)
    : pause_(config.get("leaf_sleep", std::chrono::nanoseconds{0})) {
    // nop
  }

  string handle(context& ctx, string_view request) override {
    if (pause_.count() > 0)
      ctx.sleep(pause_);
    return string{request};
  }

private:
  std::chrono::nanoseconds pause_;
};

/// "MILLISECONDS": suspends the call for so long.
struct sleeper : serval::backend {
  string handle(context& ctx, string_view request) override {
    ctx.sleep(std::chrono::milliseconds{take_number(request)});
    return "slept";
  }
};

/// "DEPTH": calls itself so often. With one worker and one slot, every call
/// above the last waits for the slot that it holds itself.
struct nested : serval::backend {
  string handle(context& ctx, string_view request) override {
    auto depth = take_number(request);
    return depth <= 0 ? "bottom"
                      : ctx.call("nested", std::to_string(depth - 1)) + " "
                          + std::to_string(depth);
  }
};

/// Two backends that call each other until the depth limit ends it.
struct ping : serval::backend {
  string handle(context& ctx, string_view request) override {
    return ctx.call("pong", request);
  }
};

struct pong : serval::backend {
  string handle(context& ctx, string_view request) override {
    return ctx.call("ping", request);
  }
};

/// Aborts its process on "crash", echoes anything else.
struct crash : echo {
  string handle(context& ctx, string_view request) override {
    if (request == "crash")
      std::abort();
    return echo::handle(ctx, request);
  }
};

/// "FRAMES": recurses so deep, 1 KiB each; enough of them overflow the stack.
struct overflow : serval::backend {
  string handle(context&, string_view request) override {
    return std::to_string(recurse(take_number(request)));
  }

  [[gnu::noinline]] static long recurse(long frames) {
    volatile char ballast[1024] = {};
    ballast[frames % 1024] = 1;
    return frames <= 0 ? 0 : recurse(frames - 1) + ballast[frames % 1024];
  }
};

/// Keeps the thread busy until the call is cancelled, or on "forever" without
/// ever looking.
struct spin : serval::backend {
  string handle(context& ctx, string_view request) override {
    volatile bool forever = request == "forever";
    while (forever || !ctx.cancelled())
      continue;
    throw serval::cancelled{};
  }
};

/// "MILLISECONDS": blocks the thread for so long, as bad user code does.
struct blocker : serval::backend {
  string handle(context&, string_view request) override {
    auto time = std::chrono::milliseconds{take_number(request)};
    std::this_thread::sleep_for(time);
    return "blocked";
  }
};

/// Throws a std::exception, or an int on "int".
struct throws : serval::backend {
  string handle(context&, string_view request) override {
    if (request == "int")
      throw 42;
    throw std::runtime_error("thrown: " + string{request});
  }
};

/// Logs the request.
struct logs : serval::backend {
  string handle(context& ctx, string_view request) override {
    ctx.log.info(request);
    return "";
  }
};

/// "STATUS MESSAGE": rejects the request.
struct rejects : serval::backend {
  string handle(context&, string_view request) override {
    auto status = static_cast<int>(take_number(request));
    throw serval::reject(status, string{request});
  }
};

/// "KEY": answers its configuration's value of KEY, also a new one.
struct settings_reader : serval::backend {
  string handle(context& ctx, string_view request) override {
    return ctx.config().get<string>(request, "absent");
  }

  void reconfigure(const serval::config& config) override {
    if (config.get("refuse", false))
      throw std::runtime_error("refused as told");
  }
};

/// Answers the id of the process that it runs in.
struct process : serval::backend {
  string handle(context&, string_view) override {
    return std::to_string(::getpid());
  }
};

/// Whether this process is a node, and not a worker process of one.
bool is_in_daemon() {
  std::ifstream file{"/proc/self/cmdline"};
  string words{std::istreambuf_iterator<char>{file}, {}};
  return words.find(string{"\0node\0", 6}) != string::npos;
}

/// Fails where its configuration's `fail` says: "construct", "warm_up" or
/// "health"; "inline" does not return from its constructor in a daemon. Takes
/// `start_ms` to be constructed.
class fragile : public echo {
public:
  explicit fragile(const serval::config& config)
    : where_(config.get("fail", "nowhere")) {
    fail_in("construct");
    std::this_thread::sleep_for(
      std::chrono::milliseconds{config.get<std::int64_t>("start_ms", 0)});
    while (where_ == "inline" && is_in_daemon())
      std::this_thread::sleep_for(std::chrono::seconds{1});
  }

  void warm_up() override {
    fail_in("warm_up");
  }

  void health() override {
    fail_in("health");
  }

private:
  void fail_in(const char* here) const {
    if (where_ == here)
      throw std::runtime_error("failed in " + where_ + " as told");
  }

  string where_;
};

/// Is as healthy as the last request said: "well", "ill" or "stuck", which does
/// not return from its check; an empty one asks only. Answers its process id.
class moody : public serval::backend {
public:
  string handle(context&, string_view request) override {
    if (!request.empty())
      mood_ = request;
    return std::to_string(::getpid());
  }

  void health() override {
    if (mood_ == "ill")
      throw std::runtime_error("in a bad mood");
    while (mood_ == "stuck")
      std::this_thread::sleep_for(std::chrono::seconds{1});
  }

private:
  string mood_ = "well";
};

} // namespace

SERVAL_EXPORT(serval::as<router>("router"), serval::as<echo>("echo"),
              serval::as<fan_out>("fan_out"), serval::as<fan_mid>("fan_mid"),
              serval::as<leaf>("leaf"), serval::as<sleeper>("sleeper"),
              serval::as<nested>("nested"), serval::as<ping>("ping"),
              serval::as<pong>("pong"), serval::as<crash>("crash"),
              serval::as<overflow>("overflow"), serval::as<spin>("spin"),
              serval::as<blocker>("blocker"), serval::as<throws>("throws"),
              serval::as<rejects>("rejects"), serval::as<logs>("logs"),
              serval::as<settings_reader>("settings"),
              serval::as<process>("process"),
              serval::as<fragile>("fragile"), serval::as<moody>("moody"));
