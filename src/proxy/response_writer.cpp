#include "proxy/response_writer.hpp"

#include "proxy/http_chars.hpp"
#include "proxy/http_status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <charconv>

namespace serval {

namespace {

constexpr std::array<std::string_view, 7> day_names
  = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

constexpr std::array<std::string_view, 12> month_names
  = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool is_field_value(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), is_field_char);
}

void append_number(std::uint64_t number, std::string& out) {
  std::array<char, 20> digits;
  auto end = std::to_chars(digits.begin(), digits.end(), number).ptr;
  out.append(digits.begin(), end);
}

void append_field(std::string_view name, std::string_view value,
                  std::string& out) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

} // namespace

bool is_sendable(const http_response& response) noexcept {
  auto fine = [](const response_field& field) {
    return is_token(field.name) && is_field_value(field.value);
  };
  return response.status >= 200 && response.status <= 599
         && is_field_value(response.content_type)
         && is_field_value(response.request_id)
         && std::all_of(response.fields.begin(), response.fields.end(), fine);
}

bool has_body(const http_response& response,
              const response_framing& framing) noexcept {
  return !framing.to_head && response.status != 204 && response.status != 304;
}

void append_head(const http_response& response,
                 const response_framing& framing, std::string& out) {
  if (response.status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
  } else {
    out += "HTTP/1.1 ";
    append_number(static_cast<unsigned>(response.status), out);
    out += ' ';
    out += reason_phrase(response.status);
    out += "\r\n";
  }
  out += framing.date_field;
  if (!response.content_type.empty())
    append_field("Content-Type", response.content_type, out);
  if (response.status != 204 && response.status != 304) {
    out += "Content-Length: ";
    append_number(response.body.size(), out);
    out += "\r\n";
  }
  if (!response.request_id.empty())
    append_field("x-request-id", response.request_id, out);
  for (auto& field : response.fields)
    append_field(field.name, field.value, out);
  if (framing.close)
    out += "Connection: close\r\n";
  else if (framing.say_keep_alive)
    out += "Connection: keep-alive\r\n";
  out += "\r\n";
}

std::string date_field(wall_time now) {
  using namespace std::chrono;
  auto day = floor<days>(now);
  year_month_day date{day};
  hh_mm_ss time{floor<seconds>(now - day)};
  return fmt::format("Date: {}, {:02} {} {:04} {:02}:{:02}:{:02} GMT\r\n",
                     day_names[weekday{day}.c_encoding()],
                     static_cast<unsigned>(date.day()),
                     month_names[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

} // namespace serval
