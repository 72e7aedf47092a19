#pragma once

#include "auth/token_table.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "proxy/access_log.hpp"
#include "proxy/http_handler.hpp"
#include "proxy/request_fields.hpp"
#include "proxy/request_observer.hpp"
#include "proxy/routing_table.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace serval {

/// What an ingress is told of the world.
struct ingress_settings {
  time_point (*now)() = nullptr;
  wall_time (*wall_now)() = nullptr;
  /// For request ids; differs between loops.
  std::uint64_t seed = 0;
  /// Whether answers name the worker that made them, in `x-serval-worker`.
  bool worker_header = false;
};

/// The handler of the data listener: finds the application of a request, reads
/// what its fields ask for, starts it, and turns its outcome into an answer.
/// One per loop.
class ingress : public http_handler {
public:
  /// `log` may be null.
  ingress(const ingress_settings& settings, request_observer& observer,
          access_log* log);

  /// REQUIRES: no request is in progress; the server was destroyed or drained.
  ~ingress() override;

  /// Requests that come from now on are matched with `table`.
  void use(std::shared_ptr<const routing_table> table);

  /// Applications that the tokens guard need one from now on; may be null.
  void use(token_table_ptr tokens);

  std::optional<http_response> refuse(const request_head& head) override;

  void handle(http_exchange& exchange) override;

  void client_gone(http_exchange& exchange) override;

  void refused(int status, std::string_view reason) override;

  void shed(shed_reason why) override;

  void tick() override;

private:
  struct open_request;

  std::optional<http_response> refuse(const request_head& head,
                                      const route& target,
                                      const std::string& request_id) const;
  void start(open_request& record, request_fields fields,
             std::string request_id);
  void finish(open_request& record, outcome result);
  void answer_early(http_exchange& exchange, const route* target,
                    http_response response);
  void log(const request_head& head, const route* target, int status,
           duration latency, std::string_view request_id,
           std::uint64_t bytes_in, std::uint64_t bytes_out);
  open_request& take_record();
  void give_back(open_request& record);

  ingress_settings settings_;
  request_observer& observer_;
  access_log* log_;
  random_source random_;
  std::shared_ptr<const routing_table> table_;
  /// Null if no application is guarded.
  token_table_ptr tokens_;
  /// Records of requests, used again and again.
  std::vector<std::unique_ptr<open_request>> records_;
  std::vector<open_request*> free_;
};

} // namespace serval
