#include "store/mysql_pool.hpp"

#include <optional>

namespace serval {

result<mysql_answer> mysql_pool::run(const std::string& statement) {
  bool lost = false;
  return run(statement, lost);
}

result<mysql_answer> mysql_pool::run(const std::string& statement,
                                     bool& lost) {
  auto session = take();
  if (!session)
    return session.error();
  auto answer = session->run(statement);
  lost = session->lost();
  // Perhaps somebody has taken the tables away.
  if (!answer && answer.error().code == errc::store_failed)
    prepared_ = false;
  if (!lost)
    give_back(std::move(*session));
  return answer;
}

result<mysql_session> mysql_pool::take() {
  std::optional<mysql_session> idle;
  {
    std::lock_guard held{mutex_};
    if (!idle_.empty()) {
      idle = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (idle && idle->answers())
    return prepare(std::move(*idle));
  if (idle) {
    // The others are of the same age; to wait for each would take a time-out
    // each.
    std::lock_guard held{mutex_};
    idle_.clear();
  }
  auto session = mysql_session::open(to_);
  return session ? prepare(std::move(*session)) : std::move(session);
}

result<mysql_session> mysql_pool::prepare(mysql_session session) {
  if (!prepared_)
    if (auto done = prepare_(session); !done)
      return done.error();
  prepared_ = true;
  return session;
}

void mysql_pool::give_back(mysql_session session) {
  std::lock_guard held{mutex_};
  idle_.push_back(std::move(session));
}

} // namespace serval
