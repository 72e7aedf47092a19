#pragma once

#include "messages.hpp"

#include <map>
#include <string>

namespace bank_monitor {

/// Joins what became of a bank's indicators.
bank_reply merge(const std::string& bank,
                 std::map<std::string, part<indicator_reply>> parts);

/// Joins what became of the banks.
overview merge(std::map<std::string, part<bank_reply>> parts);

/// How an answer is to be delivered.
enum class verdict {
  good,      ///< There is something in it.
  not_found, ///< Nothing that was asked for exists.
  failed,    ///< It exists, but nothing could be had.
};

verdict judge(const overview& overview);

/// What is missing, as one sentence.
std::string describe(const overview& overview);

} // namespace bank_monitor
