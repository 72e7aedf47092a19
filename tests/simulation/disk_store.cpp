#include "simulation/disk_store.hpp"

#include <fmt/core.h>

#include <functional>

namespace serval::simulation {

namespace {

constexpr std::size_t frame_size = 16;

std::string number_text(std::uint64_t number) {
  return fmt::format("{:016x}", number);
}

std::uint64_t number_in(std::string_view text) {
  return std::stoull(std::string{text}, nullptr, 16);
}

std::string entry_key(std::string_view app, sequence number) {
  return fmt::format("e{} {}", app, number_text(number.value));
}

std::string snapshot_key(std::string_view app) {
  return fmt::format("s{}", app);
}

void put_text(std::string& out, std::string_view text) {
  out += number_text(text.size());
  out += text;
}

std::string_view take_text(std::string_view& from) {
  auto size = number_in(from.substr(0, frame_size));
  auto text = from.substr(frame_size, size);
  from.remove_prefix(frame_size + size);
  return text;
}

/// Size, checksum, bytes.
std::string frame_of(std::string_view body) {
  auto sum = std::hash<std::string_view>{}(body);
  return number_text(body.size()) + number_text(sum) + std::string{body};
}

/// The body of the frame that `log` begins with; empty if it is none.
std::string_view body_of(std::string_view log) {
  auto head = log.substr(0, 2 * frame_size);
  if (head.size() < 2 * frame_size
      || head.find_first_not_of("0123456789abcdef") != head.npos)
    return {};
  auto size = number_in(head.substr(0, frame_size));
  auto body = log.substr(2 * frame_size);
  if (size == 0 || size > body.size())
    return {};
  body = body.substr(0, size);
  auto sum = number_in(head.substr(frame_size));
  return std::hash<std::string_view>{}(body) == sum ? body
                                                    : std::string_view{};
}

} // namespace

result<std::unique_ptr<disk_store>> disk_store::open(disk& on, clock now) {
  records data;
  std::string_view log = on.log();
  while (true) {
    auto body = body_of(log);
    if (body.empty())
      break;
    log.remove_prefix(2 * frame_size + body.size());
    while (!body.empty()) {
      auto key = take_text(body);
      auto value = take_text(body);
      if (value.empty())
        data.erase(std::string{key});
      else
        data[std::string{key}] = value;
    }
  }
  auto batches = data.contains("c") ? number_in(data.at("c")) : 0;
  // The rule of the store on RocksDB: a log that ends before the mark has lost
  // something that was acknowledged.
  if (on.mark().value_or(0) > batches || (!on.mark() && batches > 0))
    return error{errc::corrupt, "the log ends before its mark"};
  on.rewrite_log(on.log().size() - log.size());
  std::unique_ptr<disk_store> opened{
    new disk_store{on, std::move(now), std::move(data), batches}};
  if (auto fine = opened->load(); !fine)
    return fine.error();
  if (!on.mark())
    if (auto fine = on.write_mark(batches); !fine)
      return fine.error();
  return opened;
}

disk_store::disk_store(disk& on, clock now, records data,
                       std::uint64_t batches)
  : disk_(on),
    now_(std::move(now)),
    data_(std::move(data)),
    commit_({[this](std::uint64_t batch) { return write(batch); },
             [this](std::uint64_t batch) { return seal(batch); }},
            batches) {
  // nop
}

result<void> disk_store::load() {
  for (const auto& [key, value] : data_) {
    auto name = key.substr(1, key.find(' ') - 1);
    if ((key[0] == 'e' || key[0] == 's') && !chains_.contains(name))
      chains_.emplace(name, record_chain{name});
  }
  for (auto& [name, chain] : chains_) {
    if (auto fine = read(chain, {~std::uint64_t{0}}); !fine)
      return fine.error();
    guard_.restore_journal(name, chain.last());
  }
  if (auto lease = data_.find("l"); lease != data_.end())
    guard_.restore_epoch({number_in(lease->second)});
  return {};
}

result<sequence> disk_store::append(const append_request& request) {
  result<sequence> last = sequence{};
  auto done = commit_.run([&]() -> result<void> {
    last = guard_.admit(request);
    if (!last)
      return last.error();
    auto& chain = chains_.try_emplace(request.app, request.app).first->second;
    auto number = request.expected;
    for (const auto& change : request.changes) {
      ++number.value;
      batch_[entry_key(request.app, number)]
        = chain.append({number, request.epoch, request.at, change});
    }
    return {};
  });
  return done ? last : done.error();
}

result<journal> disk_store::read(std::string_view app) {
  record_chain chain{std::string{app}};
  return read(chain, {~std::uint64_t{0}});
}

result<journal> disk_store::read(record_chain& chain, sequence upto) const {
  journal out;
  if (auto found = data_.find(snapshot_key(chain.app()));
      found != data_.end()) {
    auto kept = chain.start_from(found->second);
    if (!kept)
      return kept.error();
    out.entries = std::move(*kept);
  }
  auto end = entry_key(chain.app(), {~std::uint64_t{0}});
  auto at = data_.lower_bound(entry_key(chain.app(), {1}));
  for (; chain.last() < upto && at != data_.end() && at->first < end; ++at) {
    auto entry = chain.follow(at->second);
    if (!entry)
      return entry.error();
    out.entries.push_back(std::move(*entry));
  }
  out.last = chain.last();
  return out;
}

result<void> disk_store::snapshot(std::string_view app, serval::epoch epoch,
                                  sequence upto,
                                  std::vector<journal_entry> kept) {
  return commit_.run([&]() -> result<void> {
    if (auto fine = guard_.admit_snapshot(app, epoch, upto, kept); !fine)
      return fine;
    record_chain chain{std::string{app}};
    if (auto fine = read(chain, upto); !fine)
      return fine.error();
    guard_.restore_snapshot(std::string{app}, upto);
    batch_[snapshot_key(app)] = chain.snapshot(kept);
    auto end = entry_key(app, {upto.value + 1});
    for (auto at = data_.lower_bound(entry_key(app, {1}));
         at != data_.end() && at->first < end; ++at)
      batch_[at->first].clear();
    return {};
  });
}

result<std::vector<std::string>> disk_store::applications() {
  return guard_.applications();
}

result<lease_grant> disk_store::lease(std::string_view holder,
                                      duration valid_for,
                                      serval::epoch held) {
  result<lease_grant> grant = lease_grant{};
  auto done = commit_.run([&]() -> result<void> {
    grant = guard_.admit_lease(holder, valid_for, held, now_());
    if (!grant)
      return grant.error();
    batch_["l"] = number_text(grant->epoch.value);
    return {};
  });
  return done ? grant : done.error();
}

result<void> disk_store::write(std::uint64_t batch) {
  batch_["c"] = number_text(batch);
  std::string body;
  for (const auto& [key, value] : batch_) {
    put_text(body, key);
    put_text(body, value);
  }
  auto done = disk_.write_log(frame_of(body));
  if (done)
    done = disk_.sync_log();
  auto written = std::exchange(batch_, {});
  broken_ = broken_ || !done;
  if (!done)
    return done;
  for (auto& [key, value] : written) {
    if (value.empty())
      data_.erase(key);
    else
      data_[key] = std::move(value);
  }
  return {};
}

result<void> disk_store::seal(std::uint64_t batch) {
  auto done = disk_.write_mark(batch);
  broken_ = broken_ || !done;
  return done;
}

} // namespace serval::simulation
