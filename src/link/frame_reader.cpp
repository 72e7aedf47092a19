#include "link/frame_reader.hpp"

#include <algorithm>
#include <string>

namespace serval {

namespace {

// More than an honest sender has under way; see `started_lanes_max`.
constexpr std::size_t partials_max = 128;

error violation(std::string what) {
  return {errc::bad_request, "the peer broke the link protocol: " + what};
}

} // namespace

result<std::size_t> frame_reader::read(bytes_view bytes, frame_sink& sink) {
  std::size_t done = 0;
  while (bytes.size() - done >= frame_header_bytes) {
    auto header = read_frame_header(bytes.data() + done);
    if (auto checked = check(header); !checked)
      return checked.error();
    auto whole = frame_bytes(header.length);
    if (bytes.size() - done < whole)
      break;
    auto padded = bytes.subspan(done + frame_header_bytes,
                                whole - frame_header_bytes);
    auto payload = padded.first(header.length);
    for (auto byte : padded.subspan(header.length))
      if (byte != std::byte{0})
        return violation("padding is not zero");
    done += whole;
    auto go_on = read_frame(header, payload, sink);
    if (!go_on)
      return go_on.error();
    if (!*go_on)
      break;
  }
  return done;
}

result<void> frame_reader::check(const frame_header& header) const {
  if (header.length > payload_max_)
    return violation("a frame of " + std::to_string(header.length)
                     + " bytes, " + std::to_string(payload_max_)
                     + " are allowed");
  auto kind = header.kind;
  if (kind < static_cast<std::uint8_t>(frame_kind::control)
      || kind > static_cast<std::uint8_t>(frame_kind::more))
    return violation("a frame of unknown kind " + std::to_string(kind));
  if (header.traffic >= traffic_class_count)
    return violation("a frame of unknown class "
                     + std::to_string(header.traffic));
  if (header.length == 0)
    return violation("a frame without payload");
  return {};
}

result<bool> frame_reader::read_frame(const frame_header& header,
                                      bytes_view payload, frame_sink& sink) {
  switch (static_cast<frame_kind>(header.kind)) {
    case frame_kind::control:
      return sink.on_control(payload);
    case frame_kind::message:
      if (payload.size() > message_max_)
        return violation("a message longer than allowed");
      if (!partials_.empty() && find(header) != partials_.end())
        return violation("a message in the middle of a long one");
      return sink.on_message(static_cast<traffic_class>(header.traffic),
                             payload);
    case frame_kind::first:
      return read_first(header, payload, sink);
    case frame_kind::more:
      return read_more(header, payload, sink);
  }
  return violation("a frame of unknown kind");
}

result<bool> frame_reader::read_first(const frame_header& header,
                                      bytes_view payload, frame_sink& sink) {
  if (payload.size() <= long_header_bytes)
    return violation("a long message that begins with nothing");
  std::uint64_t size = 0;
  std::memcpy(&size, payload.data(), sizeof(size));
  auto bytes = payload.subspan(long_header_bytes);
  if (size > message_max_)
    return violation("a message of " + std::to_string(size) + " bytes, "
                     + std::to_string(message_max_) + " are allowed");
  if (size <= bytes.size())
    return violation("a long message that is not long");
  if (find(header) != partials_.end())
    return violation("a long message in the middle of another");
  if (partials_.size() >= partials_max)
    return violation("too many long messages at once");
  partials_.push_back({static_cast<traffic_class>(header.traffic),
                       header.stream,
                       size,
                       initial_credit,
                       {bytes.begin(), bytes.end()}});
  give_credit(sink);
  return true;
}

result<bool> frame_reader::read_more(const frame_header& header,
                                     bytes_view payload, frame_sink& sink) {
  auto it = find(header);
  if (it == partials_.end())
    return violation("the rest of a message that never began");
  auto arrived = it->bytes.size() + payload.size();
  if (arrived > it->size)
    return violation("a long message that is longer than it said");
  if (arrived > it->credit)
    return violation("more of a long message than it had credit for");
  it->bytes.insert(it->bytes.end(), payload.begin(), payload.end());
  if (arrived < it->size)
    return true;
  auto whole = std::move(*it);
  partials_.erase(it);
  if (whole.credit > initial_credit)
    admitted_bytes_ -= whole.size;
  give_credit(sink);
  return sink.on_message(whole.traffic, whole.bytes);
}

void frame_reader::give_credit(frame_sink& sink) {
  for (auto& waiting : partials_) {
    if (waiting.credit > initial_credit || waiting.size <= initial_credit)
      continue;
    if (admitted_bytes_ + waiting.size > 2 * std::uint64_t{message_max_})
      return;
    admitted_bytes_ += waiting.size;
    auto bytes = waiting.size - initial_credit;
    waiting.credit += bytes;
    waiting.bytes.reserve(waiting.size);
    sink.on_credit_due(waiting.traffic, waiting.stream, bytes);
  }
}

std::vector<frame_reader::partial>::iterator
frame_reader::find(const frame_header& header) {
  return std::find_if(partials_.begin(), partials_.end(),
                      [&](const partial& candidate) {
                        return candidate.stream == header.stream
                               && static_cast<std::uint8_t>(candidate.traffic)
                                    == header.traffic;
                      });
}

} // namespace serval
