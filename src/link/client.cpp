#include "serval/client.hpp"

#include "link/client_calls.hpp"
#include "link/link_dialer.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <signal.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

namespace serval {

namespace asio = boost::asio;

namespace {

// The node knows more about a call than the client does, so its word on a
// passed deadline is waited for a little.
constexpr auto deadline_grace = std::chrono::milliseconds{100};

time_point now() {
  return std::chrono::steady_clock::now();
}

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

client_reply client_is_gone() {
  return local_reply(errc::cancelled, "the client is gone", true);
}

link_settings link_settings_of(const link_address& address,
                               const client_settings& wanted) {
  link_settings result;
  if (address.tls) {
    auto context = tls_context::for_client(
      wanted.ca_file, tls_use::link,
      {wanted.certificate_file, wanted.key_file, {}},
      std::chrono::system_clock::now());
    if (!context)
      throw client_error(context.error().message);
    result.tls = std::make_shared<const tls_context>(std::move(*context));
    result.tls_host = wanted.server_name.empty() ? address.host
                                                 : wanted.server_name;
  }
  result.hello.role = link_role::client;
  result.welcome = {link_role::node};
  // The node sets the limit.
  result.message_max = encoded_bytes_max;
  return result;
}

/// A thread that leaves the program's signals to the program's own threads.
std::thread start_quiet_thread(std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread result{std::move(body)};
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return result;
}

/// What a caller asked for, on its way to the client's thread.
struct client_command {
  client::ticket id = 0;
  /// None: the call is cancelled.
  client::reply_handler on_reply;
  std::string application;
  std::string body;
  client_call_options options;
  time_point asked_at;
};

} // namespace

class client::impl : private link_handler {
public:
  impl(link_address address, link_settings link, client_settings settings)
    : address_(std::move(address)),
      token_(std::move(settings.token)),
      timer_(loop_),
      thread_(start_quiet_thread([this] { loop_.run(); })) {
    asio::post(loop_, [this, link = std::move(link)] {
      link_handler& handler = *this;
      dialer_.emplace(loop_, address_, link, dial_settings{}, random_seed(),
                      handler);
    });
    std::unique_lock guard{mutex_};
    connection_changed_.wait_for(guard, settings.connect_within,
                                 [this] { return connected_.load(); });
    if (connected_)
      return;
    auto why = last_error_.empty() ? "nobody answers" : last_error_;
    guard.unlock();
    stop();
    throw client_error("cannot reach a Serval node at " + address_.to_string()
                       + ": " + why
                       + "; is it running, with [rpc] listen on this "
                         "address?");
  }

  ~impl() {
    stop();
  }

  ticket start(std::string_view application, std::string_view body,
               client_call_options options, reply_handler on_reply) {
    auto id = ++last_id_;
    submit({id, std::move(on_reply), std::string{application},
            std::string{body}, std::move(options), now()});
    return id;
  }

  void cancel(ticket id) {
    submit({id, {}, {}, {}, {}, {}});
  }

  bool connected() const noexcept {
    return connected_;
  }

  bool is_own_thread() const noexcept {
    return std::this_thread::get_id() == thread_.get_id();
  }

private:
  /// One wake-up for all that is asked until the client's thread comes to it.
  void submit(client_command command) {
    {
      std::lock_guard guard{mutex_};
      commands_.push_back(std::move(command));
      if (commands_.size() > 1)
        return;
    }
    asio::post(loop_, [this] { run_commands(); });
  }

  std::vector<client_command> take_commands() {
    std::lock_guard guard{mutex_};
    return std::exchange(commands_, {});
  }

  void run_commands() {
    for (auto commands = take_commands(); !commands.empty();
         commands = take_commands())
      for (auto& command : commands) {
        if (command.on_reply)
          begin(command);
        else
          drop(command.id, errc::cancelled, "the call was cancelled");
      }
    wait_for_deadline();
  }

  void begin(client_command& command) {
    const auto& options = command.options;
    std::optional<time_point> deadline;
    rpc_call_message call;
    if (options.timeout > duration::zero()) {
      deadline = command.asked_at + options.timeout;
      call.remaining = std::max<duration>(*deadline - now(), duration{1});
      *deadline += deadline_grace;
    }
    calls_.add(command.id, deadline, std::move(command.on_reply));
    if (!dialer_)
      return static_cast<void>(end(command.id, client_is_gone()));
    call.id = command.id;
    call.application = command.application;
    call.body = command.body;
    call.priority = options.priority == call_priority::low ? priority::low
                                                           : priority::high;
    call.request_id = options.request_id;
    call.trace_parent = options.trace_parent;
    call.token = token_;
    // Writing out what cannot be sent would only keep the link waiting.
    if (dialer_->ready() && call.body.size() > dialer_->message_max())
      return static_cast<void>(
        end(command.id, local_reply(errc::body_too_large, too_long(), false)));
    auto sent = send(encoder_.encode(call), command.id);
    if (sent)
      return;
    auto code = sent.error().code;
    end(command.id,
        local_reply(code == errc::link_lost ? errc::unavailable : code,
                    sent.error().message, false));
  }

  std::string too_long() const {
    return "the body is too long: a message to this node may have "
           + std::to_string(dialer_->message_max()) + " bytes";
  }

  /// A call and its cancel share a stream, so that they arrive in order.
  result<void> send(bytes_view message, ticket id) {
    return dialer_->send(traffic_class::request, message,
                         static_cast<std::uint16_t>(id));
  }

  /// Ends a call that the node still works on.
  void drop(ticket id, errc code, std::string_view detail) {
    if (!end(id, local_reply(code, detail, true)) || !dialer_)
      return;
    // If it cannot be sent the link is going down, which cancels as well.
    static_cast<void>(send(encoder_.encode(rpc_cancel_message{id}), id));
  }

  bool end(ticket id, client_reply reply) {
    auto ended = calls_.end(id, std::move(reply));
    if (ended)
      ended->tell();
    return ended.has_value();
  }

  void end_all(const client_reply& reply) {
    for (auto& ended : calls_.end_all(reply))
      ended.tell();
  }

  void wait_for_deadline() {
    auto next = calls_.next_deadline();
    if (!next || (timer_due_ && *timer_due_ <= *next))
      return;
    timer_due_ = next;
    timer_.expires_at(*next);
    timer_.async_wait([this](boost::system::error_code failed) {
      if (failed)
        return;
      timer_due_.reset();
      while (auto id = calls_.overdue(now()))
        drop(id, errc::deadline_exceeded, "no reply came in time");
      wait_for_deadline();
    });
  }

  void on_ready(const link_hello&) override {
    std::lock_guard guard{mutex_};
    connected_ = true;
    connection_changed_.notify_all();
  }

  void on_message(traffic_class, bytes_view bytes) override {
    auto message = decode_rpc_message(bytes);
    const auto* reply
      = message ? std::get_if<rpc_reply_message>(&*message) : nullptr;
    // A node that talks nonsense is left to the deadlines; a reply may also
    // have crossed with its call's cancel.
    if (reply == nullptr)
      return;
    if (auto ended = calls_.on_reply(*reply))
      ended->tell();
  }

  void on_closed(const error& why) override {
    {
      std::lock_guard guard{mutex_};
      connected_ = false;
      last_error_ = why.message;
    }
    end_all(local_reply(errc::link_lost, why.message, true));
  }

  /// Ends everything, once.
  void stop() {
    if (!thread_.joinable())
      return;
    asio::post(loop_, [this] {
      dialer_.reset();
      connected_ = false;
      end_all(client_is_gone());
      // A handler may have started further calls.
      run_commands();
      loop_.stop();
    });
    thread_.join();
  }

  link_address address_;
  std::string token_;
  asio::io_context loop_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{
    loop_.get_executor()};

  // Any thread.
  std::mutex mutex_;
  std::condition_variable connection_changed_;
  std::vector<client_command> commands_;
  std::string last_error_;
  std::atomic<bool> connected_ = false;
  std::atomic<ticket> last_id_ = 0;

  // The client's thread.
  std::optional<link_dialer> dialer_;
  client_calls calls_;
  rpc_encoder encoder_;
  asio::steady_timer timer_;
  std::optional<time_point> timer_due_;

  std::thread thread_;
};

client::client(const std::string& address, client_settings settings) {
  auto parsed = parse_link_address(address);
  if (!parsed)
    throw client_error(parsed.error().message);
  auto link = link_settings_of(*parsed, settings);
  impl_ = std::make_unique<impl>(std::move(*parsed), std::move(link),
                                 std::move(settings));
}

client::~client() = default;

client_reply client::call(std::string_view application, std::string_view body,
                          client_call_options options) {
  if (impl_->is_own_thread())
    throw std::logic_error("serval::client::call waits for the reply and "
                           "cannot be used in a reply handler; use start");
  return call_async(application, body, std::move(options)).get();
}

std::future<client_reply> client::call_async(std::string_view application,
                                             std::string_view body,
                                             client_call_options options) {
  auto promise = std::make_shared<std::promise<client_reply>>();
  auto future = promise->get_future();
  start(application, body, std::move(options), [promise](client_reply reply) {
    promise->set_value(std::move(reply));
  });
  return future;
}

client::ticket client::start(std::string_view application,
                             std::string_view body, client_call_options options,
                             reply_handler on_reply) {
  return impl_->start(application, body, std::move(options),
                      std::move(on_reply));
}

void client::cancel(ticket call) {
  impl_->cancel(call);
}

bool client::connected() const noexcept {
  return impl_->connected();
}

} // namespace serval
