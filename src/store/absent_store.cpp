#include "store/absent_store.hpp"

#include <utility>

namespace serval {

namespace {

error no_store() {
  return {errc::unavailable,
          "this node has no store; ask the one that leads its cluster"};
}

} // namespace

void absent_store::set_leader(lease_record leader) {
  std::lock_guard guard{mutex_};
  leader_ = std::move(leader);
}

result<sequence> absent_store::append(const append_request&) {
  return no_store();
}

result<journal> absent_store::read(std::string_view) {
  return no_store();
}

result<void> absent_store::snapshot(std::string_view, serval::epoch, sequence,
                                    std::vector<journal_entry>) {
  return no_store();
}

result<std::vector<std::string>> absent_store::applications() {
  return no_store();
}

result<lease_grant> absent_store::lease(std::string_view, duration,
                                        serval::epoch) {
  std::lock_guard guard{mutex_};
  if (leader_.holder.empty())
    return error{errc::unavailable,
                 "this node has no store, and no leader that it knows"};
  return error{errc::conflict, "another node leads, and this one never does: "
                               "it has no store"};
}

result<lease_record> absent_store::last_lease() {
  std::lock_guard guard{mutex_};
  return leader_;
}

} // namespace serval
