#pragma once

#include "simulation/cluster/cluster_scene.hpp"
#include "simulation/process.hpp"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace serval::simulation {

class fabric;

/// What is heard at one end of a link.
struct link_ears {
  std::function<void(std::string)> on_message;
  /// Not after this end was closed from here.
  std::function<void(const std::string& why)> on_closed;
  /// What came although this end is closed, or came again. A link sees to it
  /// that this cannot be, and yet nobody may rely on it.
  std::function<void(std::string)> on_stray;
};

/// A link between two processes: what is sent arrives in order, late or not at
/// all, and an end that hears nothing for too long gives it up.
class virtual_link : public std::enable_shared_from_this<virtual_link> {
public:
  struct end {
    std::string host;
    process* life = nullptr;
    link_ears hears;
    bool open = true;
    /// Its process is gone and has told nobody.
    std::optional<time_point> silent_since;
    time_point last_arrival{};
    /// Sent to it while nothing came through.
    std::vector<process::event> held;
  };

  virtual_link(fabric& by, end dialer, end listener)
    : by_(by), ends_{std::move(dialer), std::move(listener)} {
    // nop
  }

  void send(int from, std::string bytes);

  /// By whoever owns that end.
  void close(int which);

private:
  friend fabric;

  void send_again(int from, std::string bytes);
  void transmit(int from, process::event what);
  void schedule(end& to, process::event what);
  void flush(int to);
  /// The end notices that the link is over.
  void notice(int which, const std::string& why);
  void watch_silence(int at);

  fabric& by_;
  std::array<end, 2> ends_;
};

/// One end, for its owner.
struct link_handle {
  std::shared_ptr<virtual_link> link;
  int end = 0;

  void send(std::string bytes) const {
    if (link)
      link->send(end, std::move(bytes));
  }

  void close() {
    if (auto what = std::exchange(link, nullptr))
      what->close(end);
  }
};

/// The network of a cluster. Each direction between two hosts can be cut.
class fabric {
public:
  /// Somebody has connected: answers with what this end hears.
  using acceptor
    = std::function<link_ears(link_handle, const std::string& peer)>;

  explicit fabric(cluster_scene& in) : in_(in) {
    // nop
  }

  fabric(const fabric&) = delete;
  fabric& operator=(const fabric&) = delete;

  ~fabric();

  void listen(const std::string& host, process& life, acceptor accept);

  /// Calls `on_up`, or `hears.on_closed` if nobody answers.
  void dial(const std::string& from, process& life, const std::string& to,
            std::function<void(link_handle)> on_up, link_ears hears);

  /// The host's process has died. A silent death is noticed by silence alone.
  void died(const std::string& host, bool silent);
  void frozen(const std::string& host);
  void thawed(const std::string& host);

  void cut(const std::string& from, const std::string& to);
  void mend(const std::string& from, const std::string& to);
  /// All cuts are over; mending them later changes nothing.
  void mend_all();
  bool is_cut(const std::string& from, const std::string& to) const;

  /// Some link breaks.
  void break_any();

  duration delay();

  cluster_scene& scene() noexcept {
    return in_;
  }

private:
  friend virtual_link;
  using direction = std::pair<std::string, std::string>;

  struct cut_state {
    int cuts = 0;
    time_point since;
  };

  struct listener {
    process* life;
    acceptor accept;
  };

  /// Since when nothing can have come over the link at that end.
  std::optional<time_point> quiet_since(const virtual_link& link,
                                        int at) const;
  void connect(const std::string& from, process& life, const std::string& to,
               std::function<void(link_handle)> on_up, link_ears hears);
  template <class F>
  void each_end_at(const std::string& host, F what);

  cluster_scene& in_;
  std::map<std::string, listener> listeners_;
  std::map<direction, cut_state> cuts_;
  std::map<std::string, time_point> frozen_;
  std::vector<std::shared_ptr<virtual_link>> links_;
};

} // namespace serval::simulation
