#include "store/group_commit.hpp"

#include "base/defect.hpp"

namespace serval {

void group_commit::finish(waiter& who, result<void> outcome) {
  who.outcome = std::move(outcome);
  who.wake_up.notify_one();
}

result<void> group_commit::run(std::function<result<void>()> prepare) {
  waiter self;
  self.prepare = std::move(prepare);
  lock held{mutex_};
  if (broken_)
    return *broken_;
  queue_.push_back(&self);
  // Whoever is first in the queue when nobody writes takes the whole queue
  // along; the others only wait.
  self.wake_up.wait(held, [&] {
    return self.outcome || (!writing_ && !queue_.empty()
                            && queue_.front() == &self)
           || (self.batch != 0 && !sealing_ && written_ >= self.batch);
  });
  if (!self.outcome && self.batch == 0) {
    write_batch(held);
    // Its own write was refused: somebody else has to seal the batch.
    if (self.outcome && !underway_.empty())
      underway_.front()->wake_up.notify_one();
  }
  while (!self.outcome && sealed_ < self.batch) {
    if (sealing_)
      self.wake_up.wait(held, [&] { return self.outcome || !sealing_; });
    else
      seal_up_to(held, written_);
  }
  return *self.outcome;
}

void group_commit::write_batch(lock& held) {
  auto number = written_ + 1;
  auto first = underway_.size();
  for (auto* who : queue_) {
    if (auto fine = who->prepare(); !fine) {
      finish(*who, fine);
    } else {
      who->batch = number;
      underway_.push_back(who);
    }
  }
  queue_.clear();
  if (underway_.size() == first)
    return;
  writing_ = true;
  held.unlock();
  auto fine = defect("acknowledge_before_written") ? result<void>{}
                                                   : how_.write(number);
  held.lock();
  writing_ = false;
  if (!fine) {
    fail(fine.error());
    return;
  }
  written_ = number;
  if (!queue_.empty())
    queue_.front()->wake_up.notify_one();
}

void group_commit::seal_up_to(lock& held, std::uint64_t batch) {
  sealing_ = true;
  held.unlock();
  auto fine = defect("acknowledge_before_sealed") ? result<void>{}
                                                  : how_.seal(batch);
  held.lock();
  sealing_ = false;
  if (!fine || broken_) {
    fail(broken_ ? *broken_ : fine.error());
    return;
  }
  sealed_ = batch;
  while (!underway_.empty() && underway_.front()->batch <= batch) {
    finish(*underway_.front(), {});
    underway_.pop_front();
  }
  // The next seal is made by a writer of the next batch, if it is written.
  if (!underway_.empty() && underway_.front()->batch <= written_)
    underway_.front()->wake_up.notify_one();
}

void group_commit::fail(const error& what) {
  if (!broken_)
    broken_ = what;
  for (auto* who : queue_)
    finish(*who, *broken_);
  for (auto* who : underway_)
    finish(*who, *broken_);
  queue_.clear();
  underway_.clear();
  if (defect("go_on_after_failed_sync"))
    broken_.reset();
}

} // namespace serval
