#pragma once

#include "proxy/request_observer.hpp"
#include "trigger/request_entry.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace serval {

/// An application whose answers the test gives.
class fake_entry : public request_entry {
public:
  ticket start(external_request request, reply_handler on_reply) override {
    started.push_back(std::move(request));
    if (answer_at_once) {
      on_reply(answer_at_once(started.back()));
      return 0;
    }
    open[++tickets] = std::move(on_reply);
    return tickets;
  }

  void cancel(ticket request) override {
    cancelled.push_back(request);
    open.erase(request);
  }

  void reply(ticket request, outcome result) {
    auto handler = std::move(open.at(request));
    open.erase(request);
    handler(std::move(result));
  }

  std::function<outcome(const external_request&)> answer_at_once;
  std::vector<external_request> started;
  std::map<ticket, reply_handler> open;
  std::vector<ticket> cancelled;
  ticket tickets = 0;
};

/// Writes down what it hears.
class fake_observer : public request_observer {
public:
  void request_started(std::string_view app) override {
    seen += "+" + std::string{app};
  }

  void request_finished(std::string_view app, int status, duration) override {
    seen += " -" + std::string{app} + ":" + std::to_string(status);
  }

  void request_refused(std::string_view app, int status) override {
    seen += "!" + std::string{app} + ":" + std::to_string(status);
  }

  std::string seen;
};

} // namespace serval
