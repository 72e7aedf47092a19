#pragma once

// The three layers as Serval's backends. What they compute is in the files
// beside this one; here is only how the work is split and joined.

#include "messages.hpp"
#include "metric_folder.hpp"

#include "serval/json.hpp"
#include "serval/serval.hpp"

namespace bank_monitor {

/// The entry: splits a request over its banks.
class strategy : public serval::json_backend<query, overview> {
public:
  explicit strategy(const serval::config& config)
    : folder_(config.get<std::string>("data_dir")) {
    // nop
  }

  overview answer(serval::context& ctx, const query& query) override;

private:
  metric_folder folder_;
};

/// Splits a bank's share over its indicators.
class bank : public serval::json_backend<bank_task, bank_reply> {
public:
  explicit bank(const serval::config& config)
    : folder_(config.get<std::string>("data_dir")) {
    // nop
  }

  bank_reply answer(serval::context& ctx, const bank_task& task) override;

private:
  metric_folder folder_;
};

/// The leaf: reads one indicator's series, which it keeps, and sums it up.
class indicator : public serval::json_backend<indicator_task, indicator_reply> {
public:
  explicit indicator(const serval::config& config)
    : folder_(config.get<std::string>("data_dir")) {
    // nop
  }

  indicator_reply answer(serval::context& ctx,
                         const indicator_task& task) override;

private:
  metric_folder folder_;
};

} // namespace bank_monitor
