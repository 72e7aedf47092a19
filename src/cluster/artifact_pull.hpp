#pragma once

#include "base/result.hpp"
#include "wire/cluster_messages.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace serval {

/// Where pulled artifacts are put together. Answers come later, on the control
/// loop.
class artifact_shelf {
public:
  virtual ~artifact_shelf() = default;

  /// What there is of it: all (`is_whole`), or so many bytes.
  struct holding {
    bool is_whole = false;
    std::uint64_t bytes = 0;
  };

  virtual void look_up(std::string sha256,
                       std::function<void(holding)> on_answer)
    = 0;

  /// Adds the bytes that begin at `offset`, which is where it ended.
  virtual void append(std::string sha256, std::uint64_t offset,
                      std::string bytes,
                      std::function<void(result<void>)> on_answer)
    = 0;

  /// Nothing is missing any more: checks it and makes it whole. What does not
  /// have the hash that it should have is thrown away.
  virtual void complete(std::string sha256,
                        std::function<void(result<void>)> on_answer)
    = 0;
};

/// Gets artifacts from the leader, part by part, a few at a time. One that was
/// cut off goes on where it ended. On the control loop.
class artifact_pull {
public:
  /// Pulled at once; others wait for their turn.
  static constexpr std::size_t at_once_max = 2;

  struct setup {
    artifact_shelf& shelf;
    std::function<void(artifact_request_message)> ask;
    std::function<void(const std::string& sha256)> is_here;
    std::function<void(const std::string& sha256, const std::string& why)>
      is_missing;
  };

  explicit artifact_pull(setup how) : how_(std::move(how)) {
    // nop
  }

  artifact_pull(const artifact_pull&) = delete;
  artifact_pull& operator=(const artifact_pull&) = delete;

  ~artifact_pull() {
    stop();
  }

  /// Ends in `is_here` or `is_missing`, unless `stop` comes first.
  void fetch(const std::string& sha256);

  void on_part(artifact_part_message part);

  /// The leader is gone; what there is of artifacts is kept.
  void stop();

private:
  void begin_next();
  void end(const std::string& sha256, const result<void>& how);

  /// Calls `what` unless `stop` came in between.
  template <class F>
  auto unless_stopped(F what) {
    return [what, asked_in = *round_, now_in = round_](auto answer) {
      if (asked_in == *now_in)
        what(std::move(answer));
    };
  }

  setup how_;
  std::deque<std::string> waiting_;
  /// What is pulled, and how far it is.
  std::map<std::string, std::uint64_t> pulled_;
  /// Tells answers from before a `stop` apart, also when this is gone.
  std::shared_ptr<std::uint64_t> round_ = std::make_shared<std::uint64_t>(0);
};

} // namespace serval
