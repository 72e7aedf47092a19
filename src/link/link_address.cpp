#include "link/link_address.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace serval {

namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view tls_prefix = "tls://";

// What fits `sockaddr_un`, with its NUL.
constexpr std::size_t path_bytes_max = 107;

// RFC 1035.
constexpr std::size_t name_bytes_max = 253;

error bad_address(std::string_view text, std::string_view why) {
  return {errc::bad_request,
          "'" + std::string{text} + "' is no address: " + std::string{why}
            + "; write it like 127.0.0.1:9490, [::1]:9490, node-1:9490 or "
              "unix:/a/path"};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  auto last = text.data() + text.size();
  auto [end, failure] = std::from_chars(text.data(), last, port);
  if (failure != std::errc{} || end != last || text.empty())
    return std::nullopt;
  return port;
}

/// Splits the host from the port; nothing if there is no port.
std::optional<std::pair<std::string_view, std::string_view>>
split(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  auto host = text.substr(0, colon);
  bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (!brackets && host.find(':') != std::string_view::npos)
    return std::nullopt;
  if (brackets)
    host = host.substr(1, host.size() - 2);
  return std::pair{host, text.substr(colon + 1)};
}

/// As RFC 1123 has them, and underscores, which are about. A last label of
/// digits is of an IP address gone wrong.
bool is_host_name(std::string_view text) {
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  if (text.empty() || text.size() > name_bytes_max || text.back() == '.')
    return false;
  for (std::size_t begin = 0; begin < text.size();) {
    auto label = text.substr(begin, text.find('.', begin) - begin);
    if (label.empty() || label.front() == '-' || label.back() == '-'
        || !std::ranges::all_of(label, [&](char c) {
             return is_digit(c) || is_letter(c) || c == '-' || c == '_';
           }))
      return false;
    begin += label.size() + 1;
    if (begin > text.size() && std::ranges::all_of(label, is_digit))
      return false;
  }
  return true;
}

/// The IP address that `host` is, if it is one.
std::optional<boost::asio::ip::address> ip_of(const std::string& host) {
  boost::system::error_code failed;
  auto address = boost::asio::ip::make_address(host, failed);
  if (failed)
    return std::nullopt;
  return address;
}

} // namespace

bool link_address::is_name() const {
  return path.empty() && !ip_of(host);
}

bool link_address::is_local() const {
  if (!path.empty())
    return true;
  auto address = ip_of(host);
  return address && address->is_loopback();
}

std::string link_address::to_string() const {
  if (!path.empty())
    return std::string{unix_prefix} + path;
  auto shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return std::string{tls ? tls_prefix : ""} + shown + ":"
         + std::to_string(port);
}

result<link_address> parse_link_address(std::string_view text) {
  link_address result;
  if (text.starts_with(unix_prefix)) {
    result.path = text.substr(unix_prefix.size());
    if (result.path.empty() || result.path.size() > path_bytes_max
        || result.path.find('\0') != std::string::npos)
      return bad_address(text, "a path has 1 to 107 bytes");
    return result;
  }
  result.tls = text.starts_with(tls_prefix);
  auto parts = split(text.substr(result.tls ? tls_prefix.size() : 0));
  if (!parts)
    return bad_address(text, "it has no port");
  auto [host, port_text] = *parts;
  auto port = parse_port(port_text);
  if (!port)
    return bad_address(text, "a port is a number from 0 to 65535");
  if (host == "localhost")
    host = "127.0.0.1";
  result.host = host;
  if (auto address = ip_of(result.host))
    result.host = address->to_string();
  else if (!is_host_name(host))
    return bad_address(text, "its host is neither an IP address nor a name");
  result.port = *port;
  return result;
}

} // namespace serval
