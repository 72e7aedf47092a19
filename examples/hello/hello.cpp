// The smallest plugin: one backend that greets whoever it is told.

#include "serval/serval.hpp"

namespace {

class hello : public serval::backend {
public:
  explicit hello(const serval::config& config)
    : greeting_(config.get("greeting", "Hello")) {
    // nop
  }

  std::string handle(serval::context&, std::string_view name) override {
    if (name.empty())
      throw serval::reject(400, "say whom to greet");
    return greeting_ + ", " + std::string{name} + "!\n";
  }

  void reconfigure(const serval::config& config) override {
    greeting_ = config.get("greeting", "Hello");
  }

private:
  std::string greeting_;
};

} // namespace

SERVAL_EXPORT(serval::as<hello>("hello"));
