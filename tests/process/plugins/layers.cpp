// Three layers whose answer is a sum, for tests of fan-out.
//
// root    "branches leaves sleep_us" -> the sum over all branches
// branch  "first leaves sleep_us"    -> the sum over its leaves
// leaf    "number sleep_us"          -> the number, after ctx.sleep
// nest    "depth"                    -> calls itself `depth` times, adds up

#include "serval/serval.hpp"

#include <chrono>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using number = std::int64_t;

std::vector<number> numbers_of(std::string_view text, std::size_t count) {
  std::istringstream in{std::string{text}};
  std::vector<number> found(count);
  for (auto& each : found)
    if (!(in >> each))
      throw serval::reject(400, "expected " + std::to_string(count)
                                  + " numbers");
  return found;
}

std::string join(number a, number b, number c) {
  return std::to_string(a) + ' ' + std::to_string(b) + ' ' + std::to_string(c);
}

std::string sum_of(const serval::map_result& parts) {
  number sum = 0;
  for (auto part : parts) {
    if (!part.ok())
      throw std::runtime_error(std::string{serval::to_string(part.outcome)}
                               + ": " + std::string{part.body});
    sum += std::stoll(std::string{part.body});
  }
  return std::to_string(sum);
}

class root : public serval::backend {
public:
  std::string handle(serval::context& ctx, std::string_view request) override {
    auto in = numbers_of(request, 3);
    std::vector<std::string> pieces;
    for (number i = 0; i < in[0]; ++i)
      pieces.push_back(join(i * in[1], in[1], in[2]));
    return sum_of(ctx.map("branch", pieces));
  }
};

class branch : public serval::backend {
public:
  std::string handle(serval::context& ctx, std::string_view request) override {
    auto in = numbers_of(request, 3);
    std::vector<std::string> pieces;
    for (number i = 0; i < in[1]; ++i)
      pieces.push_back(join(in[0] + i, in[2], 0));
    return sum_of(ctx.map("leaf", pieces));
  }
};

class leaf : public serval::backend {
public:
  std::string handle(serval::context& ctx, std::string_view request) override {
    auto in = numbers_of(request, 2);
    if (in[1] > 0)
      ctx.sleep(std::chrono::microseconds{in[1]});
    return std::to_string(in[0]);
  }
};

class nest : public serval::backend {
public:
  std::string handle(serval::context& ctx, std::string_view request) override {
    auto depth = numbers_of(request, 1)[0];
    if (depth == 0)
      return "0";
    auto below = ctx.call("nest", std::to_string(depth - 1));
    return std::to_string(std::stoll(below) + 1);
  }
};

} // namespace

SERVAL_EXPORT(serval::as<root>("root"), serval::as<branch>("branch"),
              serval::as<leaf>("leaf"), serval::as<nest>("nest"));
