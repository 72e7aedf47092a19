#include "wire/journal_records.hpp"

#include <journal_generated.h>

#include <cstring>
#include <vector>

namespace serval {

namespace {

namespace fb = fbs::journal;

using builder = flatbuffers::FlatBufferBuilder;

struct encoded_change {
  fb::Change kind;
  flatbuffers::Offset<void> offset;
};

encoded_change encode(builder& out, const release_deployed& x) {
  auto spec = out.CreateString(x.spec);
  auto hash = out.CreateString(x.hash);
  return {fb::Change::ReleaseDeployed,
          fb::CreateReleaseDeployed(out, x.number.value, spec, hash).Union()};
}

encoded_change encode(builder& out, const release_promoted& x) {
  return {fb::Change::ReleasePromoted,
          fb::CreateReleasePromoted(out, x.number.value).Union()};
}

encoded_change encode(builder& out, const release_failed& x) {
  auto reason = out.CreateString(x.reason);
  return {fb::Change::ReleaseFailed,
          fb::CreateReleaseFailed(out, x.number.value, reason).Union()};
}

encoded_change encode(builder& out, const workers_scaled& x) {
  auto backend = out.CreateString(x.backend);
  return {
    fb::Change::WorkersScaled,
    fb::CreateWorkersScaled(out, x.number.value, backend, x.workers).Union()};
}

encoded_change encode(builder& out, const application_deleted&) {
  return {fb::Change::ApplicationDeleted,
          fb::CreateApplicationDeleted(out).Union()};
}

encoded_change encode(builder& out, const nothing_changed& x) {
  auto command = out.CreateString(x.command);
  return {fb::Change::NothingChanged,
          fb::CreateNothingChanged(out, command).Union()};
}

encoded_change encode(builder& out, const orphans_adopted& x) {
  return {fb::Change::OrphansAdopted,
          fb::CreateOrphansAdopted(out, x.number.value).Union()};
}

encoded_change encode(builder& out, const orphans_discarded& x) {
  return {fb::Change::OrphansDiscarded,
          fb::CreateOrphansDiscarded(out, x.number.value).Union()};
}

std::uint16_t format_of(fb::Change kind) {
  return kind <= fb::Change::ApplicationDeleted ? 1 : 2;
}

change_kind decode_change(const fb::Entry& entry) {
  switch (entry.change_type()) {
    case fb::Change::ReleaseDeployed: {
      auto& x = *entry.change_as_ReleaseDeployed();
      return release_deployed{{x.number()}, x.spec()->str(), x.hash()->str()};
    }
    case fb::Change::ReleasePromoted:
      return release_promoted{{entry.change_as_ReleasePromoted()->number()}};
    case fb::Change::ReleaseFailed: {
      auto& x = *entry.change_as_ReleaseFailed();
      return release_failed{{x.number()}, x.reason()->str()};
    }
    case fb::Change::WorkersScaled: {
      auto& x = *entry.change_as_WorkersScaled();
      return workers_scaled{{x.number()}, x.backend()->str(), x.workers()};
    }
    case fb::Change::NothingChanged: {
      auto& x = *entry.change_as_NothingChanged();
      return nothing_changed{x.command()->str()};
    }
    case fb::Change::OrphansAdopted:
      return orphans_adopted{{entry.change_as_OrphansAdopted()->number()}};
    case fb::Change::OrphansDiscarded:
      return orphans_discarded{{entry.change_as_OrphansDiscarded()->number()}};
    default:
      return application_deleted{};
  }
}

bool is_known(fb::Change kind) {
  return kind > fb::Change::NONE && kind <= fb::Change::MAX;
}

} // namespace

std::uint16_t format_of(const change_kind& what) noexcept {
  // The alternatives are numbered as the union is, whose first is none.
  static_assert(std::variant_size_v<change_kind>
                == static_cast<std::size_t>(fb::Change::MAX));
  return format_of(static_cast<fb::Change>(what.index() + 1));
}

std::string encode_journal_record(std::string_view app,
                                  const journal_entry& entry) {
  builder out{512};
  auto change = std::visit([&](const auto& x) { return encode(out, x); },
                           entry.change.what);
  const auto& cause = entry.change.cause;
  auto app_offset = out.CreateString(app.data(), app.size());
  auto operation_id = out.CreateString(cause.operation_id);
  auto who = out.CreateString(cause.who);
  auto reason = out.CreateString(cause.reason);
  auto at_ns = static_cast<std::int64_t>(entry.at.time_since_epoch().count());
  fb::FinishEntryBuffer(
    out, fb::CreateEntry(out, format_of(change.kind), app_offset,
                         entry.number.value, entry.epoch.value, at_ns,
                         operation_id, who, reason, change.kind,
                         change.offset));
  return {reinterpret_cast<const char*>(out.GetBufferPointer()),
          out.GetSize()};
}

result<journal_record> decode_journal_record(std::string_view bytes) {
  // FlatBuffers wants its scalars aligned, which a slice of a larger record
  // need not be.
  std::vector<std::uint64_t> aligned((bytes.size() + 7) / 8);
  if (!bytes.empty())
    std::memcpy(aligned.data(), bytes.data(), bytes.size());
  auto* data = reinterpret_cast<const std::uint8_t*>(aligned.data());
  flatbuffers::Verifier verifier{data, bytes.size(), 16, 64};
  if (bytes.size() < 16 || !fb::VerifyEntryBuffer(verifier))
    return error{errc::corrupt, "the bytes are not a journal record"};
  const auto& entry = *fb::GetEntry(data);
  // A newer format may have kinds of changes that this program does not know,
  // and to skip a change is to make up a state that never was.
  if (entry.format() > journal_format)
    return error{errc::unavailable,
                 "the journal record has format "
                   + std::to_string(entry.format()) + ", but this program reads"
                   + " formats up to " + std::to_string(journal_format)
                   + "; start the newer version of Serval that wrote it"};
  if (entry.format() == 0 || !is_known(entry.change_type()))
    return error{errc::corrupt, "the journal record has no known change"};
  journal_record out;
  out.app = entry.app()->str();
  out.entry.number = {entry.sequence()};
  out.entry.epoch = {entry.epoch()};
  out.entry.at = wall_time{duration{entry.at_ns()}};
  out.entry.change.cause = {entry.operation_id()->str(), entry.who()->str(),
                            entry.reason()->str()};
  out.entry.change.what = decode_change(entry);
  return out;
}

} // namespace serval
