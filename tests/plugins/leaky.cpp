// Keeps memory, as much as its requests say.

#include "serval/serval.hpp"

#include <charconv>
#include <chrono>
#include <string>
#include <vector>

namespace {

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// "KIB": keeps so much for good and takes its time, as work does.
class leaky : public serval::backend {
public:
  std::string handle(serval::context& ctx, std::string_view request) override {
    ctx.sleep(std::chrono::milliseconds{5});
    kept_.emplace_back(number(request) << 10, 'x');
    return "kept";
  }

private:
  std::vector<std::string> kept_;
};

/// "MIB": takes so much and gives it back.
struct hoarder : serval::backend {
  std::string handle(serval::context&, std::string_view request) override {
    std::string much(number(request) << 20, 'x');
    return "had " + std::to_string(much.size() >> 20);
  }
};

} // namespace

SERVAL_EXPORT(serval::as<leaky>("leaky"), serval::as<hoarder>("hoarder"));
