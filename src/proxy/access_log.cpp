#include "proxy/access_log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <iterator>

namespace serval {

namespace {

constexpr std::size_t batch_bytes = 32 * 1024;
constexpr std::size_t max_bytes = 256 * 1024;

void append_text(std::string_view text, std::string& out) {
  for (auto c : text) {
    if (c == '"' || c == '\\' || c < 0x20 || c == 0x7f)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}",
                     static_cast<unsigned char>(c));
    else
      out += c;
  }
}

} // namespace

void append_line(const access_record& record, std::string& out) {
  auto to = std::back_inserter(out);
  auto ms = std::chrono::floor<std::chrono::milliseconds>(record.at);
  auto second = std::chrono::floor<std::chrono::seconds>(ms);
  fmt::format_to(to, "{{\"at\":\"{:%FT%T}.{:03}Z\",\"method\":\"",
                 fmt::gmtime(std::chrono::system_clock::to_time_t(second)),
                 (ms - second).count());
  append_text(record.method, out);
  out += "\",\"app\":\"";
  append_text(record.application, out);
  out += "\",\"route\":\"";
  append_text(record.route, out);
  fmt::format_to(to, "\",\"status\":{},\"ms\":{:.3f},\"request_id\":\"",
                 record.status,
                 std::chrono::duration<double, std::milli>(record.latency)
                   .count());
  append_text(record.request_id, out);
  fmt::format_to(to, "\",\"bytes_in\":{},\"bytes_out\":{}}}\n",
                 record.bytes_in, record.bytes_out);
}

void access_log::write(const access_record& record) {
  if (lines_.size() >= max_bytes) {
    ++dropped_;
    return;
  }
  append_line(record, lines_);
  if (lines_.size() >= batch_bytes)
    flush();
}

void access_log::flush() {
  if (lines_.empty() && dropped_ == dropped_reported_)
    return;
  auto missing = dropped_ - dropped_reported_;
  auto size = lines_.size();
  if (missing > 0)
    fmt::format_to(std::back_inserter(lines_), "{{\"dropped_lines\":{}}}\n",
                   missing);
  if (sink_.take(lines_)) {
    lines_.clear();
    dropped_reported_ = dropped_;
    if (missing > 0)
      sink_.dropped(missing);
  } else {
    lines_.resize(size);
  }
}

} // namespace serval
