#include "upgrade/predecessor.hpp"

#include "base/version.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include <fcntl.h>

namespace serval {

namespace {

/// The other daemon answers at once, except while it closes its store; it ends
/// this process if that is late.
constexpr duration patience = std::chrono::minutes{5};

std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint32_t number = 0;
  auto [end, failed]
    = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end == text.data() + text.size() || *end != ' ')
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return number;
}

error out_of_turn() {
  return {errc::bad_request, "the running daemon speaks out of turn"};
}

} // namespace

std::string to_string(const handover_hello& hello) {
  return fmt::format("{} {} {}", hello.protocol_min, hello.protocol_max,
                     hello.version);
}

result<handover_hello> parse_hello(std::string_view text) {
  auto low = take_number(text);
  auto high = low ? take_number(text) : std::nullopt;
  if (!high || text.empty())
    return error{errc::bad_request, "the new daemon says hello in a way that "
                                    "this one does not understand"};
  return handover_hello{*low, *high, std::string{text}};
}

std::unique_ptr<predecessor> predecessor::find() {
  const auto* named = std::getenv(handover_variable);
  if (named == nullptr)
    return nullptr;
  auto number = std::atoi(named);
  ::unsetenv(handover_variable);
  // Whoever set it without a socket wants nothing from us.
  if (number != handover_descriptor
      || ::fcntl(number, F_SETFD, FD_CLOEXEC) != 0)
    return nullptr;
  return std::make_unique<predecessor>(handover_channel{unique_fd{number}});
}

result<void> predecessor::meet() {
  auto sent = channel_.send(
    handover_word::hello,
    to_string({handover_protocol, handover_protocol,
               std::string{product_version}}));
  while (sent && orders_path_.empty()) {
    auto said = channel_.receive(patience);
    if (!said)
      return said.error();
    sent = *said ? take(**said) : out_of_turn();
  }
  return sent;
}

result<void> predecessor::take(handover_message& message) {
  auto& [word, text, descriptors] = message;
  switch (word) {
    case handover_word::socket: {
      auto blank = text.find(' ');
      if (blank == std::string::npos)
        return out_of_turn();
      sockets_.add(text.substr(0, blank), text.substr(blank + 1),
                   std::move(descriptors));
      return {};
    }
    case handover_word::lock:
      if (descriptors.size() != 1)
        return out_of_turn();
      lock_ = std::move(descriptors.front());
      return {};
    case handover_word::prepare:
      orders_path_ = std::move(text);
      return {};
    default:
      return out_of_turn();
  }
}

result<void> predecessor::tell_ready() {
  if (auto sent = channel_.send(handover_word::ready); !sent)
    return sent;
  auto said = channel_.receive(patience);
  if (!said)
    return said.error();
  if (!*said || (*said)->word != handover_word::take)
    return out_of_turn();
  orders_path_ = std::move((*said)->text);
  return {};
}

result<void> predecessor::tell_serving() {
  return channel_.send(handover_word::serving);
}

void predecessor::tell_failed(std::string_view why) {
  static_cast<void>(channel_.send(handover_word::failed, why));
}

} // namespace serval
