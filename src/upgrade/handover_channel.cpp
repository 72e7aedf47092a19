#include "upgrade/handover_channel.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>

namespace serval {

namespace {

constexpr std::array<std::string_view, 8> words
  = {"hello", "socket", "lock",    "prepare",
     "ready", "take",   "serving", "failed"};

error lost(const std::string& attempt) {
  return {errc::unavailable, attempt + ": " + std::strerror(errno)};
}

/// The descriptors that came along are closed with the answer, also if the
/// message is refused.
std::vector<unique_fd> take_descriptors(const msghdr& message) {
  std::vector<unique_fd> out;
  auto& head = const_cast<msghdr&>(message);
  for (auto* part = CMSG_FIRSTHDR(&head); part != nullptr;
       part = CMSG_NXTHDR(&head, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
      continue;
    std::vector<int> numbers((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(numbers.data(), CMSG_DATA(part), numbers.size() * sizeof(int));
    for (auto each : numbers)
      out.emplace_back(each);
  }
  return out;
}

result<std::optional<handover_message>>
read_message(std::string_view text, std::vector<unique_fd> descriptors) {
  auto blank = text.find(' ');
  auto found = std::ranges::find(words, text.substr(0, blank));
  if (found == words.end())
    return error{errc::bad_request, "the other daemon says what this one does "
                                    "not understand"};
  handover_message out{static_cast<handover_word>(found - words.begin()),
                       {},
                       std::move(descriptors)};
  if (blank != std::string_view::npos)
    out.text = text.substr(blank + 1);
  return std::optional{std::move(out)};
}

} // namespace

result<std::pair<unique_fd, unique_fd>> handover_channel::make_sockets() {
  std::array<int, 2> ends{};
  // Messages keep their limits, and the descriptors that belong to them.
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return lost("cannot make a socket pair");
  return std::pair{unique_fd{ends[0]}, unique_fd{ends[1]}};
}

result<void> handover_channel::send(handover_word word, std::string_view text,
                                    std::span<const int> descriptors) {
  SERVAL_ASSERT(descriptors.size() <= descriptors_max);
  std::string bytes{words[static_cast<std::size_t>(word)]};
  bytes += ' ';
  bytes += text.substr(0, text_max);
  iovec body{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &body;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(descriptors_max * sizeof(int))>
    space{};
  if (!descriptors.empty()) {
    message.msg_control = space.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    auto* part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size_bytes());
  }
  if (::sendmsg(socket_.get(), &message, MSG_NOSIGNAL) < 0)
    return lost("cannot speak to the other daemon");
  return {};
}

result<std::optional<handover_message>>
handover_channel::receive(duration patience) {
  pollfd waited{socket_.get(), POLLIN, 0};
  auto ms = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
  auto ready = ::poll(&waited, 1, static_cast<int>(ms));
  if (ready == 0 || (ready < 0 && errno == EINTR))
    return std::optional<handover_message>{};
  std::string bytes(text_max + 16, '\0');
  iovec body{bytes.data(), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(descriptors_max * sizeof(int))>
    space{};
  msghdr message{};
  message.msg_iov = &body;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  auto size = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
  if (size < 0)
    return lost("cannot hear the other daemon");
  if (size == 0)
    return error{errc::unavailable, "the other daemon is gone"};
  auto descriptors = take_descriptors(message);
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
    return error{errc::bad_request, "the other daemon says more than this one "
                                    "takes"};
  return read_message(
    std::string_view{bytes}.substr(0, static_cast<std::size_t>(size)),
    std::move(descriptors));
}

} // namespace serval
