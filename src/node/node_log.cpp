#include "node/node_log.hpp"

#include "node/log_sink.hpp"
#include "node/redaction.hpp"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/pattern_formatter.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

namespace serval {

namespace {

/// Lines that may wait for the thread that writes them.
constexpr std::size_t queue_lines = 8192;

constexpr auto access_logger = "access";

spdlog::level::level_enum spdlog_level(log_level level) {
  switch (level) {
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warning:
      return spdlog::level::warn;
    default:
      return spdlog::level::err;
  }
}

log_level level_of(std::uint32_t serval_log_level) {
  return static_cast<log_level>(std::min<std::uint32_t>(serval_log_level, 3));
}

/// Makes `text` safe inside a JSON string, and one line in a terminal: what
/// comes from a request can write no line of its own.
std::string escaped(std::string_view text) {
  std::string safe;
  for (unsigned char c : text) {
    if (c == '"' || c == '\\')
      safe += {'\\', static_cast<char>(c)};
    else if (c < 0x20 || c == 0x7f)
      safe += fmt::format("\\u{:04x}", c);
    else
      safe += static_cast<char>(c);
  }
  return safe;
}

/// Lines of the operator's log get their time and level, finished lines of the
/// access log stay as they are. A sink has one formatter for all its loggers.
class line_formatter final : public spdlog::formatter {
public:
  explicit line_formatter(std::string pattern)
    : pattern_(std::move(pattern)), lines_(pattern_) {
    // nop
  }

  void format(const spdlog::details::log_msg& message,
              spdlog::memory_buf_t& out) override {
    if (message.logger_name == spdlog::string_view_t{access_logger})
      finished_.format(message, out);
    else
      lines_.format(message, out);
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<line_formatter>(pattern_);
  }

private:
  std::string pattern_;
  spdlog::pattern_formatter lines_;
  spdlog::pattern_formatter finished_{"%v"};
};

class spdlog_log final : public node_log, public access_log_sink {
public:
  spdlog_log(std::shared_ptr<log_sink> sink, const log_section& config)
    : json_(config.format == log_format::json),
      sink_(sink),
      redaction_(config.redact),
      threads_(std::make_shared<spdlog::details::thread_pool>(queue_lines, 1)) {
    lines_ = std::make_shared<spdlog::async_logger>(
      "serval", sink, threads_, spdlog::async_overflow_policy::overrun_oldest);
    lines_->set_level(spdlog_level(config.level));
    sink->set_formatter(std::make_unique<line_formatter>(
      json_ ? R"({"at":"%Y-%m-%dT%H:%M:%S.%f%z","level":"%l",%v})"
            : "%Y-%m-%d %H:%M:%S.%e %L %v"));
    access_ = std::make_shared<spdlog::async_logger>(
      access_logger, sink, threads_,
      spdlog::async_overflow_policy::overrun_oldest);
  }

  void write(log_level level, std::string_view event,
             std::string_view text) override {
    if (json_)
      lines_->log(spdlog_level(level), R"("event":"{}","text":"{}")", event,
                  safe(text));
    else
      lines_->log(spdlog_level(level), "{}: {}", event, safe(text));
  }

  void write(const worker_line& line) override {
    if (json_)
      lines_->log(spdlog_level(level_of(line.level)),
                  R"("event":"worker","application":"{}","backend":"{}",)"
                  R"("worker":{},"request_id":"{}","text":"{}")",
                  line.app, line.backend, line.worker.value,
                  escaped(line.request_id), safe(line.text));
    else
      lines_->log(spdlog_level(level_of(line.level)), "{}/{} #{} [{}]: {}",
                  line.app, line.backend, line.worker.value,
                  escaped(line.request_id), safe(line.text));
  }

  access_log_sink& access() override {
    return *this;
  }

  bool take(std::string& lines) override {
    if (threads_->queue_size() > queue_lines / 2)
      return false;
    // The logger ends each message with a newline of its own.
    if (!lines.empty() && lines.back() == '\n')
      lines.pop_back();
    access_->info(lines);
    lines.clear();
    return true;
  }

  void dropped(std::uint64_t lines) override {
    dropped_.fetch_add(lines, std::memory_order_relaxed);
  }

  losses lost_lines() const override {
    return {sink_->lost_lines(),
            dropped_.load(std::memory_order_relaxed)
              + threads_->overrun_counter()};
  }

  result<void> reopen() override {
    return sink_->reopen();
  }

  void flush() override {
    lines_->flush();
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds{1};
    while (threads_->queue_size() > 0 && std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
  }

private:
  std::string safe(std::string_view text) const {
    return escaped(redaction_.apply(text));
  }

  bool json_;
  std::shared_ptr<log_sink> sink_;
  std::atomic<std::uint64_t> dropped_ = 0;
  redaction redaction_;
  std::shared_ptr<spdlog::details::thread_pool> threads_;
  std::shared_ptr<spdlog::async_logger> lines_;
  std::shared_ptr<spdlog::async_logger> access_;
};

} // namespace

result<std::unique_ptr<node_log>> node_log::open(const log_section& config) {
  auto sink = log_sink::open(config.file);
  if (!sink)
    return sink.error();
  return std::unique_ptr<node_log>{
    std::make_unique<spdlog_log>(std::move(sink).value(), config)};
}

} // namespace serval
