// The work of the scenarios: as little as possible, so that what is measured is
// the serving of it.

#include "serval/serval.hpp"

#include <charconv>
#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using serval::context;
using std::string;
using std::string_view;

namespace {

long number(string_view text) {
  long result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

struct noop : serval::backend {
  string handle(context&, string_view) override {
    return "ok";
  }
};

struct echo : serval::backend {
  string handle(context&, string_view request) override {
    return string{request};
  }
};

/// Leaves under one piece of the middle layer.
constexpr long width = 32;

/// "N": N leaves below pieces of the middle layer; answers how many answered.
struct root : serval::backend {
  string handle(context& ctx, string_view request) override {
    std::vector<string> pieces;
    for (long left = number(request); left > 0; left -= width)
      pieces.push_back(std::to_string(left < width ? left : width));
    long answered = 0;
    for (auto part : ctx.map("middle", pieces))
      if (part.ok())
        answered += number(part.body);
    return std::to_string(answered);
  }
};

/// "N": N leaves.
struct middle : serval::backend {
  string handle(context& ctx, string_view request) override {
    std::vector<string> pieces(static_cast<std::size_t>(number(request)), "x");
    long answered = 0;
    for (auto part : ctx.map("leaf", pieces))
      answered += part.ok() && part.body == "x";
    return std::to_string(answered);
  }
};

/// Answers what it was asked, after `sleep` (which suspends the call) or
/// `block` (which holds the thread) of its configuration.
class leaf : public serval::backend {
public:
  explicit leaf(const serval::config& config)
    : sleep_(config.get("sleep", std::chrono::nanoseconds{0})),
      block_(config.get("block", std::chrono::nanoseconds{0})) {
    // nop
  }

  string handle(context& ctx, string_view request) override {
    if (sleep_.count() > 0)
      ctx.sleep(sleep_);
    if (block_.count() > 0)
      std::this_thread::sleep_for(block_);
    return string{request};
  }

private:
  std::chrono::nanoseconds sleep_;
  std::chrono::nanoseconds block_;
};

/// A leaf that is slow for "slow" only.
struct straggler : leaf {
  using leaf::leaf;

  string handle(context& ctx, string_view request) override {
    return request == "slow" ? leaf::handle(ctx, request) : string{request};
  }
};

/// "N": asks a random one of ten such backends for N - 1, and so on down to 0.
class hop : public serval::backend {
public:
  string handle(context& ctx, string_view request) override {
    auto left = number(request);
    if (left == 0)
      return "ok";
    return ctx.call("hop" + std::to_string(random_() % 10),
                    std::to_string(left - 1));
  }

private:
  std::minstd_rand random_{std::random_device{}()};
};

} // namespace

SERVAL_EXPORT(serval::as<noop>("noop"), serval::as<echo>("echo"),
              serval::as<root>("root"), serval::as<middle>("middle"),
              serval::as<leaf>("leaf"), serval::as<straggler>("straggler"),
              serval::as<hop>("hop0"), serval::as<hop>("hop1"),
              serval::as<hop>("hop2"), serval::as<hop>("hop3"),
              serval::as<hop>("hop4"), serval::as<hop>("hop5"),
              serval::as<hop>("hop6"), serval::as<hop>("hop7"),
              serval::as<hop>("hop8"), serval::as<hop>("hop9"));
