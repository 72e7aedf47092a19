#pragma once

#include "base/errc.hpp"
#include "base/time.hpp"
#include "serval/client.hpp"
#include "wire/rpc_messages.hpp"

#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace serval {

/// A reply that the client makes up itself.
client_reply local_reply(errc code, std::string_view detail,
                         bool maybe_executed);

/// A client's calls in progress, by id and by deadline. Pure.
class client_calls {
public:
  void add(client::ticket id, std::optional<time_point> deadline,
           client::reply_handler on_reply);

  /// The reply as the caller sees it, and whom to tell; nothing if the call is
  /// over, or never was.
  struct ended {
    client::reply_handler on_reply;
    client_reply reply;

    void tell() {
      on_reply(std::move(reply));
    }
  };

  std::optional<ended> on_reply(const rpc_reply_message& message);

  /// Ends one call.
  std::optional<ended> end(client::ticket id, client_reply reply);

  /// Ends all calls, in the order of their ids.
  std::vector<ended> end_all(const client_reply& reply);

  /// A call whose deadline has passed by `now`; 0 if there is none.
  client::ticket overdue(time_point now) const;

  /// When the next deadline passes.
  std::optional<time_point> next_deadline() const;

private:
  struct open_call {
    client::reply_handler on_reply;
    std::optional<time_point> deadline;
  };

  std::unordered_map<client::ticket, open_call> open_;
  std::multimap<time_point, client::ticket> by_deadline_;
};

} // namespace serval
