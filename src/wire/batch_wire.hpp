#pragma once

#include "wire/builder.hpp"
#include "wire/verified.hpp"
#include "wire/worker_messages.hpp"
#include "worker_generated.h"

#include <optional>

namespace serval {

// Calls and their results, as every protocol that carries some writes them.
// Inside src/wire only.

/// Writes a vector of structs; `make(item)` yields the element.
template <class Element, class Items, class Make>
auto put_heads(reused_builder& builder, const Items& items, Make make)
  -> flatbuffers::Offset<flatbuffers::Vector<const Element*>> {
  if (items.empty())
    return 0;
  Element* out = nullptr;
  auto offset = builder.get().CreateUninitializedVectorOfStructs(items.size(),
                                                                 &out);
  for (const auto& item : items)
    *out++ = make(item);
  return offset;
}

/// As `put_heads`, of numbers.
template <class Scalar, class Items, class Make>
auto put_scalars(reused_builder& builder, const Items& items, Make make)
  -> flatbuffers::Offset<flatbuffers::Vector<Scalar>> {
  if (items.empty())
    return 0;
  Scalar* out = nullptr;
  auto offset = builder.get().CreateUninitializedVector(items.size(), &out);
  for (const auto& item : items)
    *out++ = flatbuffers::EndianScalar(static_cast<Scalar>(make(item)));
  return offset;
}

inline auto put_calls(reused_builder& builder,
                      const std::vector<call_id>& calls) {
  return put_scalars<std::uint64_t>(builder, calls,
                                    [](call_id call) { return call.value; });
}

fbs::worker::OutcomeHead head_of(const outcome_view& outcome);

flatbuffers::Offset<fbs::worker::CallBatch>
put_call_batch(reused_builder& builder, const call_batch_message& batch);

flatbuffers::Offset<fbs::worker::ResultBatch>
put_result_batch(reused_builder& builder, const result_batch_message& batch);

/// The verifier looks at the alignment of a vector's length, which is four
/// bytes, and not at that of its structs.
template <class Element>
bool is_aligned(const flatbuffers::Vector<Element>* elements) noexcept {
  constexpr auto alignment
    = alignof(std::remove_const_t<std::remove_pointer_t<Element>>);
  return elements == nullptr
         || reinterpret_cast<std::uintptr_t>(elements->Data()) % alignment == 0;
}

// Each yields nothing if what it reads has no meaning.

std::optional<outcome_view> read_outcome(const fbs::worker::OutcomeHead& head,
                                         body_reader& bodies);

std::optional<call_batch_message>
read_call_batch(const fbs::worker::CallBatch& table);

std::optional<result_batch_message>
read_result_batch(const fbs::worker::ResultBatch& table);

} // namespace serval
