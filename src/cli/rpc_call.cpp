#include "cli/rpc_call.hpp"

#include <serval/client.hpp>

namespace serval {

result<call_answer> call_over_rpc(const http_peer& node,
                                  std::string_view app, std::string_view body,
                                  std::optional<duration> timeout) {
  try {
    client_settings settings;
    settings.token = node.token;
    settings.ca_file = node.ca_file;
    settings.certificate_file = node.own.certificate;
    settings.key_file = node.own.key;
    client connection{node.address, settings};
    client_call_options options;
    options.timeout = timeout.value_or(duration::zero());
    auto reply = connection.call(app, body, options);
    if (reply.ok())
      return call_answer{reply.status, std::move(reply.request_id),
                         std::move(reply.body), {}};
    return call_answer{reply.status, std::move(reply.request_id), {},
                       reply.body.empty() ? reply.code : reply.body};
  } catch (const std::exception& e) {
    return error{errc::unavailable, e.what()};
  }
}

} // namespace serval
