#include "load/rpc_transport.hpp"

#include "link/link_dialer.hpp"
#include "wire/rpc_messages.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

namespace serval {

namespace asio = boost::asio;

namespace {

link_settings client_settings() {
  link_settings settings;
  settings.hello.role = link_role::client;
  settings.welcome = {link_role::node};
  return settings;
}

request_end end_of(const outcome_view& outcome) {
  if (outcome.ok())
    return end_of_status(200);
  if (outcome.code == errc::rejected)
    return end_of_status(outcome.reject_status);
  return end_of_status(http_status_of(*outcome.code));
}

class rpc_transport;

/// One connection, which tells its transport what happens on it.
class rpc_line final : public link_handler {
public:
  rpc_line(rpc_transport& owner, std::uint32_t number)
    : owner_(owner), number_(number) {
    // nop
  }

  void dial(asio::io_context& io, const link_address& target) {
    link_handler& handler = *this;
    dialer_ = std::make_unique<link_dialer>(io, target, client_settings(),
                                            dial_settings{}, number_ + 1,
                                            handler);
  }

  bool ready() const noexcept {
    return dialer_->ready();
  }

  result<void> send(bytes_view message, std::uint64_t id) {
    return dialer_->send(traffic_class::request, message,
                         static_cast<std::uint16_t>(id));
  }

  const std::string& last_error() const noexcept {
    return last_error_;
  }

private:
  void on_ready(const link_hello&) override {
    // nop
  }

  void on_message(traffic_class, bytes_view message) override;
  void on_closed(const error& why) override;

  rpc_transport& owner_;
  std::uint32_t number_;
  std::unique_ptr<link_dialer> dialer_;
  std::string last_error_;
};

class rpc_transport final : public load_transport {
public:
  rpc_transport(std::string application, const request_mix& mix)
    : application_(std::move(application)), mix_(mix), timer_(io_) {
    // nop
  }

  result<void> connect(const link_address& target, std::uint32_t links,
                       duration patience) {
    for (std::uint32_t i = 0; i < links; ++i) {
      lines_.push_back(std::make_unique<rpc_line>(*this, i));
      lines_.back()->dial(io_, target);
    }
    auto deadline = now() + patience;
    for (auto& line : lines_)
      while (!line->ready()) {
        if (now() >= deadline)
          return error{errc::unavailable,
                       fmt::format("cannot reach {} over RPC: {}",
                                   target.to_string(),
                                   line->last_error().empty()
                                     ? "nobody answers"
                                     : line->last_error())};
        wait(deadline);
      }
    return {};
  }

  time_point now() const noexcept override {
    return std::chrono::steady_clock::now();
  }

  bool start(std::uint32_t slot, std::uint32_t body, std::uint64_t id,
             load_sink& sink) override {
    sink_ = &sink;
    if (calls_.size() <= slot)
      calls_.resize(slot + 1);
    auto line = next_line_;
    next_line_ = (next_line_ + 1) % static_cast<std::uint32_t>(lines_.size());
    // The lower half finds the slot, the upper half tells its calls apart.
    auto call_id = std::uint64_t{++calls_made_} << 32 | slot;
    calls_[slot] = {call_id, line};
    rpc_call_message call;
    call.id = call_id;
    call.application = application_;
    call.body = mix_.bodies()[body];
    std::array<char, 16> request_id;
    fmt::format_to_n(request_id.data(), request_id.size(), "{:016x}", id);
    call.request_id = {request_id.data(), request_id.size()};
    auto sent = lines_[line]->send(encoder_.encode(call), call_id);
    if (!sent)
      broken_.emplace_back(call_id, sent.error().code == errc::overload
                                      ? request_end::connection_lost
                                      : request_end::not_connected);
    return true;
  }

  void abandon(std::uint32_t slot) override {
    auto [id, line] = std::exchange(calls_[slot], {});
    // If this cannot be sent, the link's end cancels the call as well.
    static_cast<void>(
      lines_[line]->send(encoder_.encode(rpc_cancel_message{id}), id));
  }

  time_point wait(time_point until) override {
    for (auto [id, end] : std::exchange(broken_, {}))
      finish(id, end, 0);
    if (io_.poll() > 0 || now() >= until)
      return now();
    timer_.expires_at(until);
    timer_.async_wait([](boost::system::error_code) {
      // Its only purpose is to end the wait.
    });
    io_.run_one();
    io_.poll();
    return now();
  }

  void on_message(bytes_view bytes) {
    auto message = decode_rpc_message(bytes);
    const auto* reply
      = message ? std::get_if<rpc_reply_message>(&*message) : nullptr;
    if (reply != nullptr)
      finish(reply->id, end_of(reply->outcome), reply->outcome.body.size());
  }

  void on_line_closed(std::uint32_t line) {
    for (const auto& call : calls_)
      if (call.id != 0 && call.line == line)
        broken_.emplace_back(call.id, request_end::connection_lost);
  }

private:
  struct open_call {
    std::uint64_t id = 0;
    std::uint32_t line = 0;
  };

  void finish(std::uint64_t id, request_end end, std::uint64_t bytes) {
    auto slot = static_cast<std::uint32_t>(id);
    // It may have been abandoned meanwhile.
    if (slot >= calls_.size() || calls_[slot].id != id)
      return;
    calls_[slot] = {};
    sink_->on_end({slot, end, bytes}, now());
  }

  std::string application_;
  const request_mix& mix_;
  asio::io_context io_{1};
  asio::steady_timer timer_;
  rpc_encoder encoder_;
  load_sink* sink_ = nullptr;
  std::vector<std::unique_ptr<rpc_line>> lines_;
  std::uint32_t next_line_ = 0;
  std::uint32_t calls_made_ = 0;
  std::vector<open_call> calls_;
  std::vector<std::pair<std::uint64_t, request_end>> broken_;
};

void rpc_line::on_message(traffic_class, bytes_view message) {
  owner_.on_message(message);
}

void rpc_line::on_closed(const error& why) {
  last_error_ = why.message;
  owner_.on_line_closed(number_);
}

} // namespace

result<std::unique_ptr<load_transport>>
make_rpc_transport(const link_address& target, std::string application,
                   const request_mix& mix, std::uint32_t links,
                   duration patience) {
  auto transport
    = std::make_unique<rpc_transport>(std::move(application), mix);
  if (auto made = transport->connect(target, links, patience); !made)
    return made.error();
  return std::unique_ptr<load_transport>{std::move(transport)};
}

} // namespace serval
