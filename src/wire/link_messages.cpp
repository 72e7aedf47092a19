#include "wire/link_messages.hpp"

#include "link_generated.h"
#include "wire/builder.hpp"
#include "wire/verified.hpp"

namespace serval {

namespace {

namespace fl = fbs::link;

// The root and its body.
constexpr std::uint32_t tables_max = 8;

struct written_body {
  fl::LinkBody type;
  flatbuffers::Offset<void> offset;
};

written_body put(reused_builder& builder, const link_hello& hello) {
  auto cluster = put_text(builder, hello.cluster_id);
  auto node = put_text(builder, hello.node_id);
  auto boot = put_text(builder, hello.boot_id);
  auto table = fl::CreateHello(builder.get(), cluster, node, boot,
                               hello.protocol_min, hello.protocol_max,
                               static_cast<fl::Role>(hello.role),
                               hello.max_message);
  return {fl::LinkBody::Hello, table.Union()};
}

written_body put(reused_builder& builder, const link_refusal& refusal) {
  auto text = put_required_text(builder, refusal.text);
  auto table = fl::CreateRefusal(builder.get(), text, refusal.protocol_min,
                                 refusal.protocol_max);
  return {fl::LinkBody::Refusal, table.Union()};
}

written_body put(reused_builder& builder, const link_ping& ping) {
  return {fl::LinkBody::Ping,
          fl::CreatePing(builder.get(), ping.number).Union()};
}

written_body put(reused_builder& builder, const link_pong& pong) {
  return {fl::LinkBody::Pong,
          fl::CreatePong(builder.get(), pong.number).Union()};
}

written_body put(reused_builder& builder, const link_credit& credit) {
  auto table = fl::CreateCredit(builder.get(), credit.traffic, credit.stream,
                                credit.bytes);
  return {fl::LinkBody::Credit, table.Union()};
}

result<link_message> read(const fl::Hello& table) {
  if (table.role() > fl::Role::MAX
      || table.protocol_min() > table.protocol_max())
    return malformed("its parts contradict each other");
  link_hello hello;
  hello.cluster_id = text_of(table.cluster_id());
  hello.node_id = text_of(table.node_id());
  hello.boot_id = text_of(table.boot_id());
  hello.protocol_min = table.protocol_min();
  hello.protocol_max = table.protocol_max();
  hello.role = static_cast<link_role>(table.role());
  hello.max_message = table.max_message();
  return link_message{std::move(hello)};
}

result<link_message> read(const fl::Refusal& table) {
  return link_message{link_refusal{std::string{text_of(table.text())},
                                   table.protocol_min(),
                                   table.protocol_max()}};
}

} // namespace

std::string_view to_string(link_role role) noexcept {
  switch (role) {
    case link_role::none:
      break;
    case link_role::node:
      return "node";
    case link_role::worker_process:
      return "worker process";
    case link_role::client:
      return "client";
    case link_role::keeper:
      return "keeper";
  }
  return "nobody";
}

result<link_message> decode_link_message(bytes_view bytes) {
  std::string_view why;
  const auto* root = verified_root<fl::LinkMessage>(
    bytes, fl::LinkMessageIdentifier(), tables_max, why);
  if (root == nullptr)
    return malformed(why);
  switch (root->body_type()) {
    case fl::LinkBody::Hello:
      return read(*root->body_as_Hello());
    case fl::LinkBody::Refusal:
      return read(*root->body_as_Refusal());
    case fl::LinkBody::Ping:
      return link_message{link_ping{root->body_as_Ping()->number()}};
    case fl::LinkBody::Pong:
      return link_message{link_pong{root->body_as_Pong()->number()}};
    case fl::LinkBody::Credit: {
      const auto& credit = *root->body_as_Credit();
      return link_message{
        link_credit{credit.traffic(), credit.stream(), credit.bytes()}};
    }
    case fl::LinkBody::NONE:
      break;
  }
  return malformed("its kind is unknown");
}

std::string encode_link_message(const link_message& message) {
  reused_builder builder;
  builder.fresh();
  auto [type, offset] = std::visit(
    [&](const auto& body) { return put(builder, body); }, message);
  auto root = fl::CreateLinkMessage(builder.get(), type, offset);
  return std::string{
    as_text(builder.finish(root, fl::LinkMessageIdentifier()))};
}

} // namespace serval
