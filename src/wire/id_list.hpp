#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace serval {

// Inside src/wire only.

/// The ids of a list, which may be absent. The verifier looks at the alignment
/// of a vector's length and not at that of its numbers, so that these are
/// copied before they are used.
template <class Id>
std::vector<Id> read_ids(const flatbuffers::Vector<std::uint64_t>* values) {
  std::vector<Id> ids;
  if (values == nullptr)
    return ids;
  ids.reserve(values->size());
  for (std::size_t i = 0; i < values->size(); ++i) {
    std::uint64_t value = 0;
    std::memcpy(&value, values->Data() + i * sizeof(value), sizeof(value));
    ids.push_back({flatbuffers::EndianScalar(value)});
  }
  return ids;
}

} // namespace serval
