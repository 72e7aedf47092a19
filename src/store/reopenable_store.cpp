#include "store/reopenable_store.hpp"

namespace serval {

result<std::unique_ptr<reopenable_store>> reopenable_store::open(opener how) {
  std::unique_ptr<reopenable_store> out{new reopenable_store{std::move(how)}};
  if (auto opened = out->reopen(); !opened)
    return opened.error();
  return out;
}

void reopenable_store::close() {
  std::lock_guard held{mutex_};
  store_.reset();
}

result<void> reopenable_store::reopen() {
  std::lock_guard held{mutex_};
  if (store_)
    return {};
  auto opened = open_();
  if (!opened)
    return opened.error();
  store_ = std::move(*opened);
  return {};
}

template <class Call>
auto reopenable_store::with_store(Call call)
  -> decltype(call(std::declval<embedded_store&>())) {
  std::shared_lock held{mutex_};
  if (!store_)
    return error{errc::unavailable, "another daemon takes the store over from "
                                    "this one"};
  return call(*store_);
}

result<sequence> reopenable_store::append(const append_request& request) {
  return with_store([&](store& to) { return to.append(request); });
}

result<journal> reopenable_store::read(std::string_view app) {
  return with_store([&](store& from) { return from.read(app); });
}

result<void> reopenable_store::snapshot(std::string_view app,
                                        serval::epoch epoch, sequence upto,
                                        std::vector<journal_entry> kept) {
  return with_store([&](store& to) {
    return to.snapshot(app, epoch, upto, std::move(kept));
  });
}

result<std::vector<std::string>> reopenable_store::applications() {
  return with_store([](store& from) { return from.applications(); });
}

result<lease_grant> reopenable_store::lease(std::string_view holder,
                                            duration valid_for,
                                            serval::epoch held) {
  return with_store([&](store& from) {
    return from.lease(holder, valid_for, held);
  });
}

result<lease_record> reopenable_store::last_lease() {
  return with_store([](store& from) { return from.last_lease(); });
}

result<store_summary>
reopenable_store::back_up(const std::filesystem::path& directory) {
  return with_store([&](embedded_store& from) {
    return from.back_up(directory);
  });
}

} // namespace serval
