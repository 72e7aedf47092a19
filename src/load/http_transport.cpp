#include "load/http_transport.hpp"

#include "base/assert.hpp"
#include "base/unique_fd.hpp"
#include "load/http_reply_reader.hpp"

#include <fmt/format.h>

#include <sys/epoll.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace serval {

namespace {

constexpr auto id_digits = echo_check::id_digits;
constexpr std::size_t receive_bytes = 256 * 1024;

unique_fd open_socket(const socket_target& target) {
  unique_fd fd{::socket(target.family(),
                        SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  int on = 1;
  if (fd)
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

timespec timespec_of(duration span) noexcept {
  auto count = std::max<std::int64_t>(span.count(), 0);
  return {static_cast<time_t>(count / 1'000'000'000),
          static_cast<long>(count % 1'000'000'000)};
}

/// One connection, which carries at most one request.
struct connection {
  unique_fd fd;
  /// Tells events of an earlier connection in this place apart.
  std::uint32_t generation = 0;
  std::uint32_t slot = 0;
  bool busy = false;
  bool connecting = false;
  /// Whether epoll also tells when it can be written to.
  bool watches_writes = false;
  /// What is not sent yet: of the prepared request, or of `own`.
  std::string_view out;
  std::string own;
  http_reply_reader reply;
};

class http_transport final : public load_transport {
public:
  http_transport(const socket_target& target, const http_request_form& form,
                 const request_mix& mix, std::uint32_t connections_max)
    : target_(target),
      with_id_(form.with_id),
      expect_echo_(form.expect_echo),
      has_body_(form.method != "HEAD"),
      connections_max_(connections_max),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      received_(receive_bytes) {
    SERVAL_ASSERT(static_cast<bool>(epoll_));
    for (const auto& body : mix.bodies()) {
      auto head = write_request_head(form, body.size());
      id_at_.push_back(head.size() - 4 - id_digits);
      requests_.push_back(std::move(head) + body);
      body_bytes_.push_back(body.size());
    }
  }

  time_point now() const noexcept override {
    return std::chrono::steady_clock::now();
  }

  bool start(std::uint32_t slot, std::uint32_t body, std::uint64_t id,
             load_sink& sink) override {
    sink_ = &sink;
    auto index = take_connection();
    if (index == none)
      return false;
    auto& c = connections_[index];
    c.slot = slot;
    c.busy = true;
    if (by_slot_.size() <= slot)
      by_slot_.resize(slot + 1, none);
    by_slot_[slot] = index;
    c.reply.begin(has_body_);
    auto& request = requests_[body];
    if (with_id_)
      write_id(request.data() + id_at_[body], id);
    c.out = request;
    if (expect_echo_)
      c.reply.expect({id, c.out.substr(c.out.size() - body_bytes_[body])});
    if (!c.fd)
      connect(index);
    if (!c.connecting)
      flush(index);
    keep_own(c);
    return true;
  }

  void abandon(std::uint32_t slot) override {
    // What is still to come on it would be taken for the next answer.
    auto index = by_slot_[slot];
    std::erase_if(broken_, [&](const auto& b) { return b.first == index; });
    connections_[index].busy = false;
    close(index);
  }

  time_point wait(time_point until) override {
    auto at = now();
    if (!broken_.empty()) {
      tell_broken(at);
      return now();
    }
    auto patience = timespec_of(until - at);
    auto count = ::epoll_pwait2(epoll_.get(), events_.data(),
                                static_cast<int>(events_.size()), &patience,
                                nullptr);
    for (int i = 0; i < count; ++i) {
      auto index = static_cast<std::uint32_t>(events_[i].data.u64);
      auto generation
        = static_cast<std::uint32_t>(events_[i].data.u64 >> 32);
      if (connections_[index].generation == generation)
        on_event(index, events_[i].events);
    }
    return now();
  }

private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  /// The one used last, since its memory is warm; else a new one.
  std::uint32_t take_connection() {
    for (auto* pool : {&idle_, &closed_})
      if (!pool->empty()) {
        auto index = pool->back();
        pool->pop_back();
        return index;
      }
    if (connections_.size() >= connections_max_)
      return none;
    connections_.emplace_back();
    return static_cast<std::uint32_t>(connections_.size() - 1);
  }

  void connect(std::uint32_t index) {
    auto& c = connections_[index];
    c.fd = open_socket(target_);
    if (!c.fd)
      return fail(index, request_end::not_connected);
    auto failed = ::connect(c.fd.get(), target_.get(),
                            static_cast<socklen_t>(target_.address.size()));
    if (failed != 0 && errno != EINPROGRESS)
      return fail(index, request_end::not_connected);
    c.connecting = failed != 0;
    c.watches_writes = c.connecting;
    epoll_event event{};
    event.events = c.connecting ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.u64 = key_of(index);
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, c.fd.get(), &event);
  }

  void flush(std::uint32_t index) {
    auto& c = connections_[index];
    while (!c.out.empty()) {
      auto count = ::send(c.fd.get(), c.out.data(), c.out.size(),
                          MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0 && errno == EINTR)
        continue;
      if (count < 0 && errno != EAGAIN)
        return fail(index, request_end::connection_lost);
      if (count < 0)
        break;
      c.out.remove_prefix(static_cast<std::size_t>(count));
    }
    watch_writes(index, !c.out.empty());
  }

  /// The prepared request is shared, and the next user writes another id into
  /// it.
  void keep_own(connection& c) {
    if (!with_id_ || c.out.empty())
      return;
    c.own = c.out;
    c.out = c.own;
  }

  void watch_writes(std::uint32_t index, bool wanted) {
    auto& c = connections_[index];
    if (c.watches_writes == wanted)
      return;
    c.watches_writes = wanted;
    epoll_event event{};
    event.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.u64 = key_of(index);
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, c.fd.get(), &event);
  }

  void on_event(std::uint32_t index, std::uint32_t events) {
    auto& c = connections_[index];
    if (!c.fd)
      return;
    if (c.connecting) {
      int code = 0;
      socklen_t length = sizeof(code);
      ::getsockopt(c.fd.get(), SOL_SOCKET, SO_ERROR, &code, &length);
      if (code != 0)
        return fail(index, request_end::not_connected);
      c.connecting = false;
    }
    if ((events & EPOLLOUT) != 0)
      flush(index);
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && c.fd)
      receive(index);
  }

  void receive(std::uint32_t index) {
    auto& c = connections_[index];
    auto count = ::recv(c.fd.get(), received_.data(), received_.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (!c.busy)
      return close(index); // The target ended an idle connection.
    if (count <= 0)
      return on_close(index);
    std::string_view bytes{received_.data(), static_cast<std::size_t>(count)};
    auto progress = c.reply.feed(bytes);
    if (progress == http_reply_reader::progress::malformed)
      return fail(index, request_end::malformed_answer);
    if (progress == http_reply_reader::progress::done) {
      // What follows an answer that nobody asked for is not to be trusted, and
      // neither is an answer that overtook its request.
      auto reusable = bytes.empty() && c.out.empty();
      finish(index, reusable && c.reply.keeps_alive());
    }
  }

  void on_close(std::uint32_t index) {
    if (connections_[index].reply.on_close()
        == http_reply_reader::progress::done)
      finish(index, false);
    else
      fail(index, request_end::connection_lost);
  }

  void finish(std::uint32_t index, bool reusable) {
    auto& c = connections_[index];
    auto end = end_of_status(c.reply.status());
    if (is_ok(end) && !c.reply.as_expected())
      end = request_end::wrong_answer;
    transport_end ended{c.slot, end, c.reply.body_bytes(), c.reply.worker()};
    c.busy = false;
    if (reusable)
      idle_.push_back(index);
    else
      close(index);
    sink_->on_end(ended, now());
  }

  /// The sink is told later: it may be the one who called.
  void fail(std::uint32_t index, request_end end) {
    auto& c = connections_[index];
    c.fd.reset();
    c.connecting = c.watches_writes = false;
    c.out = {};
    broken_.emplace_back(index, end);
  }

  void tell_broken(time_point at) {
    for (auto [index, end] : std::exchange(broken_, {})) {
      auto slot = connections_[index].slot;
      connections_[index].busy = false;
      close(index);
      sink_->on_end({slot, end}, at);
    }
  }

  void close(std::uint32_t index) {
    auto& c = connections_[index];
    c.fd.reset();
    ++c.generation;
    c.connecting = c.watches_writes = false;
    c.out = {};
    std::erase(idle_, index);
    closed_.push_back(index);
  }

  std::uint64_t key_of(std::uint32_t index) const noexcept {
    return std::uint64_t{connections_[index].generation} << 32 | index;
  }

  socket_target target_;
  bool with_id_;
  bool expect_echo_;
  bool has_body_;
  std::uint32_t connections_max_;
  unique_fd epoll_;
  load_sink* sink_ = nullptr;
  /// Whole requests by body, and where their ids go.
  std::vector<std::string> requests_;
  std::vector<std::size_t> id_at_;
  std::vector<std::size_t> body_bytes_;
  std::vector<connection> connections_;
  std::vector<std::uint32_t> idle_;
  std::vector<std::uint32_t> closed_;
  std::vector<std::uint32_t> by_slot_;
  std::vector<std::pair<std::uint32_t, request_end>> broken_;
  std::vector<char> received_;
  std::array<epoll_event, 256> events_{};
};

} // namespace

std::string write_request_head(const http_request_form& form,
                               std::size_t body_bytes) {
  auto head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", form.method,
                          form.path, form.host);
  if (body_bytes > 0 || (form.method != "GET" && form.method != "HEAD"))
    head += fmt::format("Content-Length: {}\r\n", body_bytes);
  for (const auto& [name, value] : form.fields)
    head += fmt::format("{}: {}\r\n", name, value);
  if (form.with_id)
    head += "X-Request-Id: " + std::string(id_digits, '0') + "\r\n";
  return head + "\r\n";
}

std::unique_ptr<load_transport>
make_http_transport(const socket_target& target, const http_request_form& form,
                    const request_mix& mix, std::uint32_t connections_max) {
  return std::make_unique<http_transport>(target, form, mix, connections_max);
}

} // namespace serval
