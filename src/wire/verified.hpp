#pragma once

#include "base/result.hpp"
#include "wire/bytes.hpp"

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace serval {

// Checked reading of FlatBuffers. Inside src/wire only.

inline error malformed(std::string_view what) {
  return {errc::bad_request, "malformed message: " + std::string{what}};
}

/// Null, with the reason in `why`, unless `bytes` hold a `Root` through and
/// through. `tables_max` bounds the work that a message may cause.
template <class Root>
const Root* verified_root(bytes_view bytes, const char* identifier,
                          std::uint32_t tables_max, std::string_view& why) {
  why = "its size is impossible";
  if (bytes.size() < 2 * sizeof(flatbuffers::uoffset_t)
      || bytes.size() > encoded_bytes_max)
    return nullptr;
  why = "it is not aligned";
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 != 0)
    return nullptr;
  why = "it is of another protocol";
  if (!flatbuffers::BufferHasIdentifier(bytes.data(), identifier))
    return nullptr;
  why = "its structure is broken";
  flatbuffers::Verifier::Options limits;
  limits.max_depth = 16;
  limits.max_tables = tables_max;
  flatbuffers::Verifier verifier{
    reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), limits};
  if (!verifier.VerifyBuffer<Root>(identifier))
    return nullptr;
  why = {};
  return flatbuffers::GetRoot<Root>(bytes.data());
}

inline std::string_view text_of(const flatbuffers::String* text) noexcept {
  if (text == nullptr)
    return {};
  return {text->c_str(), text->size()};
}

inline std::string_view
text_of(const flatbuffers::Vector<std::uint8_t>* bytes) noexcept {
  if (bytes == nullptr)
    return {};
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

template <class T>
std::size_t size_of(const flatbuffers::Vector<T>* items) noexcept {
  return items == nullptr ? 0 : items->size();
}

/// Hands out a run of bytes body by body. The sizes come from outside, so both
/// ends are checked.
class body_reader {
public:
  explicit body_reader(const flatbuffers::Vector<std::uint8_t>* bytes)
    : rest_(text_of(bytes)) {
    // nop
  }

  /// False if fewer than `size` bytes are left.
  bool take(std::uint32_t size, std::string_view& body) noexcept {
    if (size > rest_.size())
      return false;
    body = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  bool empty() const noexcept {
    return rest_.empty();
  }

private:
  std::string_view rest_;
};

} // namespace serval
