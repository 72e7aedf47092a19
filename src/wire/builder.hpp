#pragma once

#include "wire/bytes.hpp"

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace serval {

/// A FlatBufferBuilder that is used over and over. Inside src/wire only.
class reused_builder {
public:
  flatbuffers::FlatBufferBuilder& fresh() {
    too_large_ = false;
    // One huge message must not pin its memory for good.
    if (last_size_ > keep_bytes_max)
      builder_.Reset();
    else
      builder_.Clear();
    return builder_;
  }

  /// The message being built has become longer than any may be.
  void mark_too_large() noexcept {
    too_large_ = true;
  }

  flatbuffers::FlatBufferBuilder& get() noexcept {
    return builder_;
  }

  /// Empty if the message is too large.
  template <class Root>
  bytes_view finish(flatbuffers::Offset<Root> root, const char* identifier) {
    builder_.Finish(root, identifier);
    last_size_ = builder_.GetSize();
    if (too_large_)
      return {};
    return {reinterpret_cast<const std::byte*>(builder_.GetBufferPointer()),
            last_size_};
  }

private:
  static constexpr std::size_t keep_bytes_max = 1024 * 1024;

  flatbuffers::FlatBufferBuilder builder_;
  std::size_t last_size_ = 0;
  bool too_large_ = false;
};

using text_offset = flatbuffers::Offset<flatbuffers::String>;
using bytes_offset = flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>>;

/// Writes text even if it is empty, as required fields need it.
inline text_offset put_required_text(reused_builder& builder,
                                     std::string_view text) {
  if (text.size() > encoded_bytes_max) {
    builder.mark_too_large();
    text = {};
  }
  return builder.get().CreateString(text.data(), text.size());
}

/// Leaves empty text out of the message.
inline text_offset put_text(reused_builder& builder, std::string_view text) {
  return text.empty() ? 0 : put_required_text(builder, text);
}

/// Writes bodies back to back; `body_of(item)` yields a string_view.
template <class Items, class BodyOf>
bytes_offset put_bodies(reused_builder& builder, const Items& items,
                        BodyOf body_of) {
  std::size_t total = 0;
  for (const auto& item : items)
    total += std::string_view{body_of(item)}.size();
  if (total == 0)
    return 0;
  if (total > encoded_bytes_max) {
    builder.mark_too_large();
    return 0;
  }
  std::uint8_t* out = nullptr;
  auto offset = builder.get().CreateUninitializedVector(total, &out);
  for (const auto& item : items) {
    std::string_view body = body_of(item);
    if (!body.empty())
      std::memcpy(out, body.data(), body.size());
    out += body.size();
  }
  return offset;
}

inline bytes_offset put_bytes(reused_builder& builder,
                              std::string_view bytes) {
  return put_bodies(builder, std::span{&bytes, 1},
                    [](std::string_view body) { return body; });
}

} // namespace serval
