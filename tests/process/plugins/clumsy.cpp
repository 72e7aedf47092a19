// A backend that does what the request says, most of which it should not.
//
// "pid"       answers the process id
// "throw"     throws
// "refuse"    throws serval::reject
// "abort"     ends its process
// "overflow"  recurses until its stack is full
// "spin MS"   keeps its thread busy for that long, then answers its pid
// "sleep MS"  the same, but suspended
// "echo TEXT" answers the text

#include "serval/serval.hpp"

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include <unistd.h>

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Each turn uses its frame after the inner call, so that none is optimised
// away.
int dig(int depth) { // NOLINT(misc-no-recursion)
  volatile char frame[1024];
  frame[0] = static_cast<char>(depth);
  return dig(depth + 1) + frame[0];
}

class clumsy : public serval::backend {
public:
  std::string handle(serval::context& ctx, std::string_view request) override {
    auto blank = request.find(' ');
    auto verb = request.substr(0, blank);
    std::string rest;
    if (blank != std::string_view::npos)
      rest = request.substr(blank + 1);
    if (verb == "throw")
      throw std::runtime_error("clumsy threw this secret");
    if (verb == "refuse")
      throw serval::reject(422, "clumsy refuses");
    if (verb == "abort")
      std::abort();
    if (verb == "overflow")
      return std::to_string(dig(0));
    if (verb == "echo")
      return rest;
    if (verb == "sleep")
      ctx.sleep(milliseconds{std::stoi(rest)});
    if (verb == "spin")
      for (auto end = steady_clock::now() + milliseconds{std::stoi(rest)};
           steady_clock::now() < end;)
        ;
    return std::to_string(::getpid());
  }
};

} // namespace

SERVAL_EXPORT(serval::as<clumsy>("clumsy"));
