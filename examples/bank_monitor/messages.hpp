#pragma once

// What the layers say to each other and to the client, and how that looks as
// JSON.

#include "statistics.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

namespace bank_monitor {

/// Which values of a series count.
struct window {
  std::size_t points = 288;
  std::optional<std::int64_t> at; ///< Seconds since 1970; absent: no limit.
};

/// A client's request.
struct query {
  struct window window;
  /// Names of indicators by bank, no names meaning all; absent: all banks.
  std::optional<std::map<std::string, std::vector<std::string>>> banks;
};

/// A piece of work for a bank. No indicators means all.
struct bank_task {
  std::string bank;
  std::vector<std::string> indicators;
  struct window window;
};

/// A piece of work for an indicator.
struct indicator_task {
  std::string bank;
  std::string indicator;
  struct window window;
};

enum class reason { not_found, unreadable, timeout, worker_died };

/// Why something has no answer.
struct absence {
  enum reason reason;
  std::string detail;
};

/// Something that was asked for and is not in the answer.
struct missing_entry {
  std::string bank;
  std::optional<std::string> indicator; ///< Absent: the whole bank.
  absence why;
};

struct indicator_reply {
  indicator_report report;
  std::size_t skipped_lines = 0;
};

struct bank_reply {
  bank_report report;
  std::size_t skipped_lines = 0;
  std::vector<missing_entry> missing;
};

/// What the client gets.
struct overview {
  std::map<std::string, bank_report> banks;
  std::size_t skipped_lines = 0;
  std::vector<missing_entry> missing;
};

/// What became of one piece: its reply, or why there is none.
template <class Reply>
using part = std::variant<Reply, absence>;

// Boost.JSON finds these by name. Reading throws std::invalid_argument, with a
// message that a client can act on.
query tag_invoke(boost::json::value_to_tag<query>, const boost::json::value&);
bank_task tag_invoke(boost::json::value_to_tag<bank_task>,
                     const boost::json::value&);
indicator_task tag_invoke(boost::json::value_to_tag<indicator_task>,
                          const boost::json::value&);
indicator_reply tag_invoke(boost::json::value_to_tag<indicator_reply>,
                           const boost::json::value&);
bank_reply tag_invoke(boost::json::value_to_tag<bank_reply>,
                      const boost::json::value&);

void tag_invoke(boost::json::value_from_tag, boost::json::value&,
                const bank_task&);
void tag_invoke(boost::json::value_from_tag, boost::json::value&,
                const indicator_task&);
void tag_invoke(boost::json::value_from_tag, boost::json::value&,
                const indicator_reply&);
void tag_invoke(boost::json::value_from_tag, boost::json::value&,
                const bank_reply&);
void tag_invoke(boost::json::value_from_tag, boost::json::value&,
                const overview&);

} // namespace bank_monitor
