#pragma once

#include "simulation/promises/promise.hpp"

#include <set>

namespace serval::simulation {

/// Every request is answered exactly once and by its deadline, with its own
/// answer, unless its client leaves or the daemon dies.
class request_is_answered final : public promise {
public:
  request_is_answered() : promise("a request is answered") {
    // nop
  }

  void on_request(const std::string&, const request_facts& request) override {
    open_.insert(request.id);
  }

  void on_answer(const std::string& id, const outcome& what) override {
    if (open_.erase(id) == 0)
      broke("request {} is answered twice", id);
    if (what.ok() && what.body != id)
      broke("request {} gets the answer \"{}\"", id, what.body);
  }

  void on_daemon() override {
    open_.clear();
  }

  void on_nobody_waits(const std::string& id) override {
    open_.erase(id);
  }

  void on_deadline(const std::string& id) override {
    if (open_.contains(id))
      broke("request {} has no answer by its deadline", id);
  }

private:
  std::set<std::string> open_;
};

} // namespace serval::simulation
