#pragma once

#include "base/time.hpp"
#include "link/byte_stream.hpp"
#include "proxy/http_handler.hpp"
#include "proxy/http_server.hpp"
#include "proxy/request_reader.hpp"
#include "proxy/response_writer.hpp"

#include <boost/asio/io_context.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

class http_connection;

/// What the connections of one server share.
struct http_server_state {
  boost::asio::io_context& loop;
  http_handler& handler;
  http_limits limits;
  http_server_stats stats;
  /// As of the last tick or request, whichever was later.
  time_point now;
  std::string date_field;
  std::uint64_t body_bytes = 0; ///< Of bodies that are being received.
  std::uint64_t unsent_bytes = 0; ///< Of answers that wait for their clients.
  bool stopping = false;
  bool lingers = false; ///< Idle connections may stay, though stopping.
  std::vector<std::shared_ptr<http_connection>> connections;

  memory_stage memory() const noexcept {
    return limits.memory == nullptr
             ? memory_stage::ample
             : limits.memory->load(std::memory_order_relaxed);
  }

  /// Called when the last connection of a stopping server is gone.
  virtual void drained() = 0;

protected:
  http_server_state(boost::asio::io_context& loop, http_handler& handler,
                    const http_limits& limits)
    : loop(loop), handler(handler), limits(limits) {
    // nop
  }

  ~http_server_state() = default;
};

/// One client. Reads a request, hands it to the handler, writes the answer, and
/// takes the next request only then. A read is always pending, also while a
/// request runs, so that a client that goes away is noticed.
class http_connection final
  : public http_exchange,
    public stream_user,
    public std::enable_shared_from_this<http_connection> {
public:
  http_connection(byte_stream_ptr stream, address_counts::place place,
                  std::shared_ptr<http_server_state> server);

  /// Adds the connection to the server's and begins to read.
  void start();

  /// Enforces the time limits; called on every tick.
  void on_tick(time_point now);

  /// The server stops: closes at once if nothing is under way.
  void on_stop();

  /// Ends the connection; the handler is told if it has the exchange.
  void cut();

  /// For so long between two requests, with nothing under way.
  bool is_idle_for(duration span) const noexcept {
    return phase_ == phase::idle && server_->now - since_ >= span
           && has_nothing_to_do();
  }

  /// An answer waits for the client to take it.
  bool is_writing() const noexcept {
    return !cut_ && writing_;
  }

  /// The client sends a request, or takes an answer, in pieces.
  bool is_slow() const noexcept {
    return is_writing()
           || (!cut_ && (phase_ == phase::head || phase_ == phase::body));
  }

  /// When the client last took something of an answer.
  time_point last_write() const noexcept {
    return last_write_;
  }

  http_request& request() noexcept override {
    return reader_.request();
  }

  void respond(http_response response) override;

  void on_read(const boost::system::error_code& failure,
               std::size_t count) override;

  void on_writable(const boost::system::error_code& failure) override;

  void on_reset() override;

private:
  enum class phase : std::uint8_t {
    fresh,    ///< Nothing came yet.
    idle,     ///< Between two requests.
    head,     ///< A head has begun.
    body,     ///< A body is awaited.
    handling, ///< The handler has the request.
    closing,  ///< The last answer is being written.
    lingering, ///< Our side is closed; what still comes is dropped.
  };

  bool has_nothing_to_do() const noexcept;
  void enter(phase next);
  void read();
  void on_broken(const boost::system::error_code& failure);
  void on_end_of_stream();
  void process();
  bool step();
  void update_phase();
  void begin_body();
  void take(std::size_t count);
  void stash();
  void count_body();
  void count_unsent();
  void dispatch();
  void refuse(const refusal& why);
  void append(http_response response, bool close);
  void flush();
  bool advance(std::size_t count);
  std::array<boost::asio::const_buffer, 2> unsent() const;
  void finish();
  void watch_for_reset();
  void probe();
  bool too_slow(time_point now);
  void on_timeout();

  byte_stream_ptr stream_;
  address_counts::place place_;
  std::shared_ptr<http_server_state> server_;
  std::size_t index_ = 0; ///< In the server's list.
  std::unique_ptr<char[]> read_buffer_; ///< Of the pending read.
  std::size_t read_buffer_size_ = 0;
  /// What came and is not yet looked at; in `read_buffer_` or, while a read is
  /// pending, in `waiting_`.
  std::string_view input_;
  std::string waiting_;
  request_reader reader_;
  /// Heads and small bodies, then `body_`, an answer's large body.
  std::string output_;
  std::string body_;
  std::size_t sent_ = 0;
  time_point since_;         ///< When the phase began.
  time_point last_read_;
  time_point window_begin_;  ///< See http_limits::body_bytes_per_second_min.
  time_point last_write_;
  std::uint64_t window_bytes_ = 0;
  std::uint64_t counted_bytes_ = 0; ///< In `http_server_state::body_bytes`.
  std::uint64_t counted_unsent_ = 0; ///< In `…::unsent_bytes`.
  phase phase_ = phase::fresh;
  bool reading_ = false;
  bool writing_ = false;
  bool processing_ = false; ///< Further down the stack.
  bool peer_done_ = false;  ///< The client has closed its sending side.
  bool probed_ = false;
  bool watching_ = false;
  bool cut_ = false;
};

} // namespace serval
