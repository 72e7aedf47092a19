#include "proxy/http_connection.hpp"

#include "base/assert.hpp"
#include "proxy/problem.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace serval {

namespace asio = boost::asio;

namespace {

using error_code = boost::system::error_code;

/// Memory that nothing is read into is not resident.
constexpr std::size_t read_bytes = 16 * 1024;
constexpr std::size_t large_read_bytes = 64 * 1024;

/// Beyond this the kernel holds what a client sends ahead of its turn.
constexpr std::size_t max_waiting_bytes = 32 * 1024;

/// Bodies up to this size are copied behind their head; larger ones are sent
/// from where they are.
constexpr std::size_t max_copied_bytes = 16 * 1024;

/// Answers to requests that came in one piece are gathered up to this size.
constexpr std::size_t max_gathered_bytes = 64 * 1024;

/// Memory above this is not kept by a connection that waits.
constexpr std::size_t max_kept_bytes = 16 * 1024;

/// Requests that one connection gets handled before the others have a turn.
constexpr int max_requests_per_turn = 32;

constexpr std::string_view continue_head = "HTTP/1.1 100 Continue\r\n\r\n";

} // namespace

http_connection::http_connection(byte_stream_ptr stream,
                                 address_counts::place place,
                                 std::shared_ptr<http_server_state> server)
  : stream_(std::move(stream)),
    place_(std::move(place)),
    server_(std::move(server)),
    reader_(server_->limits.head, server_->limits.body_bytes) {
  // nop
}

void http_connection::start() {
  index_ = server_->connections.size();
  server_->connections.push_back(shared_from_this());
  ++server_->stats.connections;
  enter(phase::fresh);
  read();
}

void http_connection::cut() {
  if (std::exchange(cut_, true))
    return;
  auto self = shared_from_this();
  if (phase_ == phase::handling) {
    ++server_->stats.client_gone;
    server_->handler.client_gone(*this);
  }
  server_->body_bytes -= std::exchange(counted_bytes_, 0);
  server_->unsent_bytes -= std::exchange(counted_unsent_, 0);
  place_ = {};
  if (writing_)
    stream_->abandon();
  else
    stream_->close();
  auto& all = server_->connections;
  std::swap(all[index_], all.back());
  std::swap(all[index_]->index_, index_);
  all.pop_back();
  --server_->stats.connections;
  if (server_->stopping && all.empty())
    server_->drained();
}

void http_connection::on_stop() {
  if (has_nothing_to_do())
    cut();
}

/// Nor has a request come that nobody has read: closing would lose it. One that
/// is still on its way is lost all the same, as HTTP/1.1 has it.
bool http_connection::has_nothing_to_do() const noexcept {
  auto waits = phase_ == phase::fresh || phase_ == phase::idle;
  return waits && !cut_ && !writing_ && input_.empty()
         && !stream_->has_input();
}

void http_connection::enter(phase next) {
  phase_ = next;
  since_ = server_->now;
  if (next == phase::body) {
    last_read_ = window_begin_ = since_;
    window_bytes_ = 0;
  }
}

// -- reading -----------------------------------------------------------------

void http_connection::read() {
  if (reading_ || peer_done_ || cut_ || phase_ == phase::closing)
    return;
  stash();
  if (input_.size() >= max_waiting_bytes)
    return;
  auto large = phase_ == phase::body || phase_ == phase::lingering;
  if (auto size = large ? large_read_bytes : read_bytes;
      std::exchange(read_buffer_size_, size) != size)
    read_buffer_ = std::make_unique_for_overwrite<char[]>(size);
  reading_ = true;
  stream_->read(asio::buffer(read_buffer_.get(), read_buffer_size_),
                shared_from_this());
}

/// Moves input out of the way of the next read.
void http_connection::stash() {
  if (input_.empty()) {
    waiting_.clear();
    if (waiting_.capacity() > max_kept_bytes)
      waiting_.shrink_to_fit();
  } else if (input_.data() < waiting_.data()
             || input_.data() >= waiting_.data() + waiting_.size()) {
    waiting_.assign(input_);
    input_ = waiting_;
  }
}

/// Adds what was read to the input.
void http_connection::take(std::size_t count) {
  std::string_view bytes{read_buffer_.get(), count};
  last_read_ = server_->now;
  window_bytes_ += count;
  if (input_.empty()) {
    input_ = bytes;
    return;
  }
  waiting_.erase(0, waiting_.size() - input_.size());
  waiting_ += bytes;
  input_ = waiting_;
}

void http_connection::on_read(const error_code& failure, std::size_t count) {
  reading_ = false;
  if (cut_)
    return;
  if (failure == asio::error::eof)
    return on_end_of_stream();
  if (failure)
    return on_broken(failure);
  if (phase_ != phase::lingering)
    take(count);
  if (phase_ == phase::handling || phase_ >= phase::closing || writing_)
    return read();
  process();
}

/// A client that does not get through its handshake leaves a trace, since
/// nothing else will tell why it is not served.
void http_connection::on_broken(const error_code& failure) {
  if (!stream_->established()
      && failure == boost::system::errc::protocol_error) {
    ++server_->stats.refused;
    server_->handler.refused(400, "the TLS handshake failed");
  }
  cut();
}

/// The client has closed its sending side. That is how some clients say that
/// their request is complete, so what runs goes on and is answered.
void http_connection::on_end_of_stream() {
  peer_done_ = true;
  since_ = server_->now;
  if (phase_ == phase::lingering)
    return cut();
  if (phase_ == phase::handling)
    return watch_for_reset();
  if (!writing_ && phase_ != phase::closing)
    process();
}

/// Keeps the sum of the bodies that are being received. Those that are complete
/// are the application's business.
void http_connection::count_body() {
  auto bytes = reader_.in_body() ? reader_.request().body.size() : 0;
  server_->body_bytes += bytes - std::exchange(counted_bytes_, bytes);
}

/// Keeps the sum of what the client has not taken of its answers.
void http_connection::count_unsent() {
  auto bytes = writing_ ? output_.size() + body_.size() - sent_ : 0;
  server_->unsent_bytes += bytes - std::exchange(counted_unsent_, bytes);
}

// -- handling ----------------------------------------------------------------

/// Takes requests out of the input for as long as that does not have to wait.
void http_connection::process() {
  if (processing_)
    return;
  auto self = shared_from_this();
  processing_ = true;
  auto turns = max_requests_per_turn;
  while (step() && --turns > 0) {
    // nop
  }
  processing_ = false;
  if (cut_)
    return;
  flush();
  if (cut_)
    return;
  if (turns == 0)
    return asio::post(server_->loop, [self] {
      if (!self->cut_)
        self->process();
    });
  finish();
}

/// Answers whether another step may get further.
bool http_connection::step() {
  auto can_read = phase_ == phase::fresh || phase_ == phase::idle
                  || phase_ == phase::head || phase_ == phase::body;
  if (!can_read || writing_ || cut_)
    return false;
  if (output_.size() > max_gathered_bytes || !body_.empty()) {
    flush();
    return !writing_ && !cut_;
  }
  auto verdict = reader_.read(input_);
  count_body();
  switch (verdict) {
    case request_reader::verdict::complete:
      dispatch();
      return true;
    case request_reader::verdict::refused:
      refuse(reader_.why());
      return false;
    case request_reader::verdict::more:
      if (server_->body_bytes > server_->limits.body_bytes_in_all)
        refuse({503, "the server has too many bodies in hand"});
      else if (reader_.in_body() && server_->memory() >= memory_stage::refuse)
        refuse({503, "the node is short of memory"});
      else
        update_phase();
      if (reader_.take_expectation())
        output_ += continue_head;
      return false;
  }
  return false;
}

void http_connection::update_phase() {
  if (peer_done_) {
    if (reader_.idle())
      return enter(phase::closing);
    return refuse({400, "the request ends before its end"});
  }
  auto next = reader_.in_body()  ? phase::body
              : !reader_.idle()  ? phase::head
              : phase_ == phase::fresh ? phase::fresh
                                       : phase::idle;
  if (next == phase_)
    return;
  enter(next);
  if (next == phase::body)
    begin_body();
}

/// Lets the handler turn a request away by its head alone.
void http_connection::begin_body() {
  auto answer = server_->handler.refuse(reader_.request().head);
  if (!answer)
    return;
  append(std::move(*answer), true);
  reader_.reset();
  count_body();
  enter(phase::closing);
}

void http_connection::dispatch() {
  server_->now = std::chrono::steady_clock::now();
  ++server_->stats.requests;
  enter(phase::handling);
  reader_.request().received_at = server_->now;
  server_->handler.handle(*this);
  if (phase_ == phase::handling && peer_done_ && !cut_)
    watch_for_reset();
}

void http_connection::respond(http_response response) {
  SERVAL_ASSERT(phase_ == phase::handling);
  if (cut_)
    return;
  auto close = !request().head.keep_alive || server_->stopping;
  append(std::move(response), close);
  reader_.reset();
  enter(close ? phase::closing : phase::idle);
  process();
}

void http_connection::refuse(const refusal& why) {
  ++server_->stats.refused;
  server_->handler.refused(why.status, why.reason);
  append(make_refusal(why.status, why.reason), true);
  reader_.reset();
  count_body();
  enter(phase::closing);
}

// -- writing -----------------------------------------------------------------

void http_connection::append(http_response response, bool close) {
  if (!is_sendable(response))
    response = make_problem(502, "bad_answer",
                            "the application's answer cannot be sent",
                            std::move(response.request_id));
  auto& head = reader_.request().head;
  response_framing framing;
  framing.date_field = server_->date_field;
  framing.to_head = head.method == "HEAD";
  framing.close = close;
  framing.say_keep_alive = head.minor_version == 0;
  append_head(response, framing, output_);
  if (!has_body(response, framing))
    return;
  if (response.body.size() <= max_copied_bytes)
    output_ += response.body;
  else
    body_ = std::move(response.body);
}

std::array<asio::const_buffer, 2> http_connection::unsent() const {
  std::array<asio::const_buffer, 2> result
    = {asio::buffer(output_), asio::buffer(body_)};
  auto skipped = std::min(sent_, output_.size());
  result[0] += skipped;
  result[1] += sent_ - skipped;
  return result;
}

/// Counts bytes as sent; answers whether that was all.
bool http_connection::advance(std::size_t count) {
  sent_ += count;
  last_write_ = server_->now;
  if (sent_ < output_.size() + body_.size())
    return false;
  sent_ = 0;
  output_.clear();
  if (output_.capacity() > max_kept_bytes)
    output_.shrink_to_fit();
  body_ = {};
  return true;
}

/// Tries to write at once, which nearly always does it, and waits for the rest.
void http_connection::flush() {
  if (writing_ || cut_ || (output_.empty() && body_.empty()))
    return;
  error_code failure;
  auto [first, second] = unsent();
  auto count = stream_->write(first, second, failure);
  if (failure && failure != asio::error::would_block)
    return cut();
  if (advance(failure ? 0 : count))
    return;
  writing_ = true;
  count_unsent();
  stream_->wait_writable(shared_from_this());
}

void http_connection::on_writable(const error_code& failure) {
  writing_ = false;
  if (cut_)
    return;
  if (failure)
    return cut();
  flush();
  if (writing_ || cut_)
    return;
  count_unsent();
  if (phase_ == phase::idle)
    enter(phase::idle);
  process();
}

/// After all that could be done is done: waits, or says goodbye.
void http_connection::finish() {
  if (phase_ == phase::closing && !writing_) {
    // A socket that is closed with unread input resets the connection, and the
    // client may lose the answer. So only our side is closed at first.
    stream_->end_sending();
    if (peer_done_)
      return cut();
    input_ = {};
    enter(phase::lingering);
  }
  if (server_->stopping && !server_->lingers && has_nothing_to_do())
    return cut();
  read();
}

// -- watching the client -----------------------------------------------------

/// After the end of the stream no read can tell that the client is gone.
void http_connection::watch_for_reset() {
  if (std::exchange(watching_, true))
    return;
  stream_->wait_reset(shared_from_this());
}

void http_connection::on_reset() {
  watching_ = false;
  if (!cut_)
    cut();
}

/// A client that has closed its sending side may still wait for its answer, or
/// be gone; TCP shows no difference. Only who is gone resets the connection
/// when something comes. Everybody else must skip an interim response (RFC
/// 9110, 15.2).
void http_connection::probe() {
  if (writing_ || request().head.minor_version == 0)
    return;
  probed_ = true;
  output_ += continue_head;
  flush();
}

bool http_connection::too_slow(time_point now) {
  auto& limits = server_->limits;
  if (now - last_read_ >= limits.body_timeout)
    return true;
  if (now - window_begin_ < limits.body_timeout)
    return false;
  auto seconds = std::chrono::duration<double>(now - window_begin_).count();
  auto slow = static_cast<double>(window_bytes_)
              < seconds * limits.body_bytes_per_second_min;
  window_begin_ = now;
  window_bytes_ = 0;
  return slow;
}

void http_connection::on_timeout() {
  refuse({408, "the request did not arrive in time"});
  flush();
  if (!cut_)
    finish();
}

void http_connection::on_tick(time_point now) {
  if (cut_)
    return;
  auto& limits = server_->limits;
  if (writing_ && now - last_write_ >= limits.write_timeout)
    return cut();
  auto past = [&](duration limit) { return now - since_ >= limit; };
  switch (phase_) {
    case phase::fresh:
      if (past(stream_->established() ? limits.header_timeout
                                      : limits.handshake_timeout))
        cut();
      break;
    case phase::idle:
      if (is_idle_for(limits.idle_timeout))
        cut();
      break;
    case phase::head:
      if (past(limits.header_timeout))
        on_timeout();
      break;
    case phase::body:
      if (too_slow(now))
        on_timeout();
      break;
    case phase::handling:
      if (peer_done_ && !probed_ && limits.half_close_probe_after.count() > 0
          && past(limits.half_close_probe_after))
        probe();
      break;
    case phase::closing:
      break;
    case phase::lingering:
      if (past(limits.linger_timeout))
        cut();
      break;
  }
}

} // namespace serval
