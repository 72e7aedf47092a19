#include "wire/cluster_messages.hpp"

#include "cluster_generated.h"
#include "wire/id_list.hpp"
#include "wire/verified.hpp"

#include <optional>

namespace serval {

namespace {

namespace fc = fbs::cluster;

// A join names each worker of its node.
constexpr std::uint32_t tables_max = 1 << 20;

template <class Vector, class F>
void each_of(const Vector* items, F&& take) {
  if (items != nullptr)
    for (const auto* item : *items)
      take(*item);
}

std::string own(const flatbuffers::String* text) {
  return std::string{text_of(text)};
}

/// Those of the version that does not say it read the first one.
std::uint16_t read_format(std::uint16_t said) {
  return std::max<std::uint16_t>(said, 1);
}

std::vector<std::string>
read_texts(const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>*
             values) {
  std::vector<std::string> texts;
  each_of(values, [&](const flatbuffers::String& each) {
    texts.push_back(each.str());
  });
  return texts;
}

release_text read_release(const fc::Release& table) {
  return {{table.number()}, own(table.spec())};
}

app_table read_table(const fc::AppTable& table) {
  app_table out;
  out.app = own(table.app());
  out.version = table.version();
  out.serving = {table.serving()};
  out.deleted = table.deleted();
  each_of(table.releases(), [&](const fc::TableRelease& each) {
    release_table release{{each.number()}, nullptr, {}};
    each_of(each.backends(), [&](const fc::BackendWorkers& backend) {
      release.backends.push_back(
        {own(backend.name()), read_ids<worker_id>(backend.workers())});
    });
    out.releases.push_back(std::move(release));
  });
  return out;
}

worker_state read_state(fc::WorkerState what) {
  switch (what) {
    case fc::WorkerState::queued:
      return worker_state::queued;
    case fc::WorkerState::ready:
      return worker_state::ready;
    case fc::WorkerState::draining:
      return worker_state::draining;
    case fc::WorkerState::stopping:
      return worker_state::stopping;
    case fc::WorkerState::starting:
      break;
  }
  return worker_state::starting;
}

inventory_message read_inventory(const fc::Inventory& table) {
  inventory_message out;
  out.app = own(table.app());
  each_of(table.releases(), [&](const fc::Release& each) {
    out.releases.push_back(read_release(each));
  });
  each_of(table.workers(), [&](const fc::FoundWorker& each) {
    out.has.workers.push_back({{{each.worker()}, each.incarnation()},
                               {each.release()},
                               nullptr,
                               own(each.backend()),
                               read_state(each.state()),
                               each.pid()});
    if (each.spec() != nullptr)
      out.other_specs.emplace(worker_id{each.worker()}, own(each.spec()));
  });
  if (table.table() != nullptr)
    out.has.table
      = std::make_shared<const app_table>(read_table(*table.table()));
  out.has.acked = table.acked();
  out.has.idle = read_ids<release_number>(table.idle());
  out.has.highest_id = {table.highest_id()};
  return out;
}

std::optional<cluster_body> read(const fc::Join& table) {
  join_message out;
  auto& facts = out.facts;
  facts.name = own(table.name());
  facts.zone = own(table.zone());
  facts.address = own(table.address());
  facts.admin = own(table.admin());
  facts.boot_id = own(table.boot_id());
  facts.version = own(table.version());
  facts.labels = read_texts(table.labels());
  facts.cpu = table.cpu();
  facts.memory_bytes = table.memory_bytes();
  facts.journal_format = read_format(table.journal_format());
  each_of(table.inventories(), [&](const fc::Inventory& each) {
    out.has.push_back(read_inventory(each));
  });
  if (facts.name.empty())
    return std::nullopt;
  return out;
}

std::optional<node_report> read_report(const fc::Report& table) {
  worker_key key{{table.worker()}, table.incarnation()};
  auto reason = own(table.reason());
  switch (table.kind()) {
    case fc::ReportKind::delayed:
      return worker_delayed{key, std::move(reason)};
    case fc::ReportKind::begun:
      return worker_begun{key};
    case fc::ReportKind::ready:
      return worker_ready{key, table.pid()};
    case fc::ReportKind::failed:
      return worker_failed{key, std::move(reason)};
    case fc::ReportKind::died:
      return worker_died{key, std::move(reason)};
    case fc::ReportKind::stopped:
      return worker_stopped{key};
    case fc::ReportKind::unhealthy:
      return worker_unhealthy{key, std::move(reason), table.hangs()};
    case fc::ReportKind::outgrown:
      return worker_outgrown{key, std::move(reason)};
    case fc::ReportKind::acked:
      return table_acked{table.table_version()};
    case fc::ReportKind::idle:
      return release_idle{{table.release()}};
  }
  return std::nullopt;
}

std::optional<cluster_body> read(const fc::Report& table) {
  auto report = read_report(table);
  if (!report)
    return std::nullopt;
  return report_message{own(table.app()), std::move(*report)};
}

std::optional<cluster_body> read(const fc::ArtifactRequest& table) {
  return artifact_request_message{own(table.sha256()), table.offset()};
}

std::optional<cluster_body> read(const fc::Welcome& table) {
  return welcome_message{own(table.leader()), own(table.admin())};
}

std::optional<cluster_body> read(const fc::TurnAway& table) {
  return turn_away_message{own(table.reason()), own(table.address())};
}

std::optional<cluster_body> read(const fc::UseRelease& table) {
  return use_release_message{own(table.app()), read_release(*table.release())};
}

std::optional<cluster_body> read(const fc::StartWorker& table) {
  start_order_message out;
  out.order.app = own(table.app());
  out.order.release = {table.release()};
  out.order.backend = own(table.backend());
  out.order.key = {{table.worker()}, table.incarnation()};
  out.order.failures = table.failures();
  return out;
}

std::optional<cluster_body> read(const fc::StopWorker& table) {
  return stop_order_message{own(table.app()),
                             {{table.worker()}, table.incarnation()},
                             table.drain()};
}

std::vector<host_node>
read_nodes(const flatbuffers::Vector<flatbuffers::Offset<fc::PeerNode>>* from) {
  std::vector<host_node> nodes;
  each_of(from, [&](const fc::PeerNode& node) {
    nodes.push_back({own(node.name()), own(node.address()), own(node.zone())});
  });
  return nodes;
}

std::optional<cluster_body> read(const fc::Members& table) {
  return members_message{read_nodes(table.nodes()),
                         read_texts(table.drained()),
                         read_format(table.journal_format())};
}

std::optional<cluster_body> read(const fc::Publish& table) {
  publish_message out{read_table(*table.table()), {}};
  each_of(table.hosts(), [&](const fc::ReleaseHosts& each) {
    out.hosts.push_back({{each.release()}, read_nodes(each.nodes())});
  });
  return out;
}

std::optional<cluster_body> read(const fc::ArtifactPart& table) {
  return artifact_part_message{own(table.sha256()), table.offset(),
                               table.total(),
                               std::string{text_of(table.bytes())},
                               own(table.problem())};
}

std::optional<cluster_body> read_body(const fc::ClusterMessage& root) {
  switch (root.body_type()) {
    case fc::ClusterBody::Join:
      return read(*root.body_as_Join());
    case fc::ClusterBody::Report:
      return read(*root.body_as_Report());
    case fc::ClusterBody::ArtifactRequest:
      return read(*root.body_as_ArtifactRequest());
    case fc::ClusterBody::Welcome:
      return read(*root.body_as_Welcome());
    case fc::ClusterBody::TurnAway:
      return read(*root.body_as_TurnAway());
    case fc::ClusterBody::UseRelease:
      return read(*root.body_as_UseRelease());
    case fc::ClusterBody::StartWorker:
      return read(*root.body_as_StartWorker());
    case fc::ClusterBody::StopWorker:
      return read(*root.body_as_StopWorker());
    case fc::ClusterBody::Publish:
      return read(*root.body_as_Publish());
    case fc::ClusterBody::ArtifactPart:
      return read(*root.body_as_ArtifactPart());
    case fc::ClusterBody::Members:
      return read(*root.body_as_Members());
    case fc::ClusterBody::NONE:
      break;
  }
  return std::nullopt;
}

} // namespace

result<cluster_message> decode_cluster_message(bytes_view bytes) {
  std::string_view why;
  const auto* root = verified_root<fc::ClusterMessage>(
    bytes, fc::ClusterMessageIdentifier(), tables_max, why);
  if (root == nullptr)
    return malformed(why);
  auto body = read_body(*root);
  if (!body)
    return malformed("its kind is unknown or its parts contradict each other");
  return cluster_message{{root->epoch()}, std::move(*body)};
}

} // namespace serval
