#include "link/frame_writer.hpp"

#include <algorithm>
#include <string>

namespace serval {

namespace {

// Bounds what the receiver must hold of messages that it has not let in.
constexpr std::size_t started_lanes_max = 32;

// Frames of short messages that go in one turn, when others wait.
constexpr std::size_t turn_bytes = 64 * 1024;

// What a message costs in a lane besides its bytes.
constexpr std::size_t lane_message_bytes = 64;

// Memory that an idle queue keeps.
constexpr std::size_t idle_bytes_max = 256 * 1024;

void append_frame(byte_buffer& out, frame_kind kind, traffic_class traffic,
                  std::uint16_t stream, bytes_view payload) {
  auto whole = frame_bytes(payload.size());
  auto* at = out.append(whole);
  // Zeroes the padding; the payload then covers the rest.
  std::memset(at + whole - 8, 0, 8);
  write_frame_header(at, payload.size(), kind, traffic, stream);
  if (!payload.empty())
    std::memcpy(at + frame_header_bytes, payload.data(), payload.size());
}

/// Returns how much of `message` went along.
std::size_t append_first(byte_buffer& out, traffic_class traffic,
                         std::uint16_t stream, bytes_view message) {
  constexpr auto chunk = frame_payload_max - long_header_bytes;
  auto* at = out.append(frame_header_bytes + frame_payload_max);
  write_frame_header(at, frame_payload_max, frame_kind::first, traffic, stream);
  std::uint64_t size = message.size();
  std::memcpy(at + frame_header_bytes, &size, sizeof(size));
  std::memcpy(at + frame_header_bytes + long_header_bytes, message.data(),
              chunk);
  return chunk;
}

} // namespace

result<void> frame_writer::send(traffic_class traffic, std::uint16_t stream,
                                bytes_view message) {
  auto waiting = queued_bytes(traffic);
  if (waiting >= backlog_max_)
    return error{errc::overload, "cannot send a message: "
                                   + std::to_string(waiting)
                                   + " bytes already wait for the peer"};
  auto& queue = queue_of(traffic);
  auto* lane = queue.lanes.empty() ? nullptr : find_lane(queue, stream);
  if (lane == nullptr && message.size() <= frame_payload_max) {
    auto before = queue.frames.size();
    append_frame(queue.frames, frame_kind::message, traffic, stream, message);
    queue.frames_added += queue.frames.size() - before;
    return {};
  }
  if (lane == nullptr) {
    queue.lanes.push_back({stream, queue.frames_added, {}});
    lane = &queue.lanes.back();
  }
  lane->messages.push_back({{message.begin(), message.end()}});
  queue.lane_bytes += message.size() + lane_message_bytes;
  return {};
}

void frame_writer::send_control(bytes_view message) {
  auto& queue = queue_of(traffic_class::control);
  auto before = queue.frames.size();
  append_frame(queue.frames, frame_kind::control, traffic_class::control, 0,
               message);
  queue.frames_added += queue.frames.size() - before;
}

bool frame_writer::grant(traffic_class traffic, std::uint16_t stream,
                         std::uint64_t bytes) {
  auto* lane = find_lane(queue_of(traffic), stream);
  if (lane == nullptr || !lane->started())
    return false;
  auto& message = lane->messages.front();
  // Beyond its own size a message has no use for credit.
  message.credit += std::min<std::uint64_t>(bytes, message.bytes.size());
  return true;
}

void frame_writer::take(byte_buffer& out, std::size_t enough) {
  while (out.size() < enough) {
    auto traffic = choose();
    if (!has_work(queue_of(traffic)))
      break;
    auto taken = take_turn(traffic, out, enough - out.size());
    if (traffic == traffic_class::request)
      bulk_lead_ -= static_cast<std::int64_t>(taken);
    else if (traffic == traffic_class::bulk)
      bulk_lead_ += static_cast<std::int64_t>(taken);
  }
}

traffic_class frame_writer::choose() {
  if (has_work(queue_of(traffic_class::control)))
    return traffic_class::control;
  bool requests = has_work(queue_of(traffic_class::request));
  bool bulk = has_work(queue_of(traffic_class::bulk));
  if (!requests || !bulk)
    bulk_lead_ = 0;
  if (!requests)
    return traffic_class::bulk;
  return bulk && bulk_lead_ < 0 ? traffic_class::bulk : traffic_class::request;
}

std::size_t
frame_writer::queued_bytes(traffic_class traffic) const noexcept {
  const auto& queue = queues_[static_cast<std::size_t>(traffic)];
  return queue.frames.size() + queue.lane_bytes;
}

std::size_t frame_writer::queued_bytes() const noexcept {
  std::size_t result = 0;
  for (const auto& queue : queues_)
    result += queue.frames.size() + queue.lane_bytes;
  return result;
}

frame_writer::lane* frame_writer::find_lane(traffic_queue& queue,
                                            std::uint16_t stream) {
  for (auto& lane : queue.lanes)
    if (lane.stream == stream)
      return &lane;
  return nullptr;
}

bool frame_writer::may_send(const traffic_queue& queue, const lane& lane) {
  if (lane.after > queue.frames_taken)
    return false;
  const auto& message = lane.messages.front();
  if (lane.started())
    return message.sent < message.credit;
  if (!message.is_long())
    return true;
  return queue.lanes_started < started_lanes_max;
}

bool frame_writer::has_work(const traffic_queue& queue) {
  if (!queue.frames.empty())
    return true;
  return std::any_of(queue.lanes.begin(), queue.lanes.end(),
                     [&](const auto& lane) { return may_send(queue, lane); });
}

std::size_t frame_writer::take_turn(traffic_class traffic, byte_buffer& out,
                                    std::size_t enough) {
  auto& queue = queue_of(traffic);
  if (queue.lanes.empty())
    return take_frames(queue, out, std::min(enough, turn_bytes));
  for (;;) {
    auto index = std::exchange(queue.turn, queue.turn + 1);
    if (index > queue.lanes.size()) {
      queue.turn = 0;
    } else if (index == 0) {
      if (!queue.frames.empty())
        return take_frames(queue, out, std::min(enough, turn_bytes));
    } else if (may_send(queue, queue.lanes[index - 1])) {
      return take_chunk(queue, traffic, index - 1, out);
    }
  }
}

std::size_t frame_writer::take_frames(traffic_queue& queue, byte_buffer& out,
                                      std::size_t enough) {
  std::size_t taken = 0;
  if (out.empty() && queue.frames.size() <= enough) {
    taken = queue.frames.size();
    swap(out, queue.frames);
  } else {
    const auto* bytes = queue.frames.data();
    while (taken < enough && taken < queue.frames.size())
      taken += frame_bytes(read_frame_header(bytes + taken).length);
    out.append({bytes, taken});
    queue.frames.remove_prefix(taken);
    if (queue.frames.empty())
      queue.frames.shrink(idle_bytes_max);
  }
  queue.frames_taken += taken;
  return taken;
}

std::size_t frame_writer::take_chunk(traffic_queue& queue,
                                     traffic_class traffic, std::size_t index,
                                     byte_buffer& out) {
  auto& lane = queue.lanes[index];
  auto& message = lane.messages.front();
  auto before = out.size();
  bytes_view rest = bytes_view{message.bytes}.subspan(message.sent);
  std::size_t chunk = rest.size();
  if (!message.is_long()) {
    append_frame(out, frame_kind::message, traffic, lane.stream, rest);
  } else if (!lane.started()) {
    chunk = append_first(out, traffic, lane.stream, rest);
    ++queue.lanes_started;
  } else {
    auto allowed = message.credit - message.sent;
    chunk = std::min<std::uint64_t>({chunk, frame_payload_max, allowed});
    append_frame(out, frame_kind::more, traffic, lane.stream,
                 rest.first(chunk));
  }
  message.sent += chunk;
  queue.lane_bytes -= chunk;
  if (message.sent == message.bytes.size())
    finish_front(queue, index);
  return out.size() - before;
}

void frame_writer::finish_front(traffic_queue& queue, std::size_t index) {
  auto& messages = queue.lanes[index].messages;
  if (messages.front().is_long())
    --queue.lanes_started;
  queue.lane_bytes -= lane_message_bytes;
  messages.pop_front();
  if (messages.empty())
    queue.lanes.erase(queue.lanes.begin()
                      + static_cast<std::ptrdiff_t>(index));
}

} // namespace serval
