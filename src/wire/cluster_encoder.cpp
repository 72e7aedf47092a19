#include "wire/cluster_messages.hpp"

#include "cluster_generated.h"

namespace serval {

namespace {

namespace fc = fbs::cluster;

using flatbuffers::Offset;

template <class T>
using offsets = std::vector<Offset<T>>;

/// Writes the parts of one message.
class encoder {
public:
  std::string encode(const cluster_message& message) {
    auto [type, body] = std::visit([this](const auto& x) { return put(x); },
                                   message.body);
    out_.Finish(
      fc::CreateClusterMessage(out_, message.epoch.value, type, body),
      fc::ClusterMessageIdentifier());
    return {reinterpret_cast<const char*>(out_.GetBufferPointer()),
            out_.GetSize()};
  }

private:
  using body = std::pair<fc::ClusterBody, Offset<void>>;

  auto text(const std::string& what) {
    return out_.CreateString(what);
  }

  auto put_texts(const std::vector<std::string>& what) {
    offsets<flatbuffers::String> texts;
    for (const auto& each : what)
      texts.push_back(text(each));
    return out_.CreateVector(texts);
  }

  template <class Id>
  auto ids(const std::vector<Id>& what) {
    std::vector<std::uint64_t> values;
    for (auto each : what)
      values.push_back(each.value);
    return out_.CreateVector(values);
  }

  Offset<fc::Release> put_release(const release_text& what) {
    auto spec = text(what.spec);
    return fc::CreateRelease(out_, what.number.value, spec);
  }

  Offset<fc::AppTable> put_table(const app_table& what) {
    offsets<fc::TableRelease> releases;
    for (const auto& each : what.releases) {
      offsets<fc::BackendWorkers> backends;
      for (const auto& backend : each.backends) {
        auto name = text(backend.name);
        auto workers = ids(backend.workers);
        backends.push_back(fc::CreateBackendWorkers(out_, name, workers));
      }
      auto list = out_.CreateVector(backends);
      releases.push_back(
        fc::CreateTableRelease(out_, each.release.value, list));
    }
    auto app = text(what.app);
    auto list = out_.CreateVector(releases);
    return fc::CreateAppTable(out_, app, what.version, what.serving.value,
                              what.deleted, list);
  }

  static fc::WorkerState state_of(worker_state what) {
    switch (what) {
      case worker_state::queued:
        return fc::WorkerState::queued;
      case worker_state::ready:
        return fc::WorkerState::ready;
      case worker_state::draining:
        return fc::WorkerState::draining;
      case worker_state::stopping:
        return fc::WorkerState::stopping;
      default:
        return fc::WorkerState::starting;
    }
  }

  Offset<fc::Inventory> put_inventory(const inventory_message& what) {
    offsets<fc::Release> releases;
    for (const auto& each : what.releases)
      releases.push_back(put_release(each));
    offsets<fc::FoundWorker> workers;
    for (const auto& each : what.has.workers) {
      auto backend = text(each.backend);
      auto other = what.other_specs.find(each.key.id);
      auto spec = other != what.other_specs.end()
                    ? text(other->second)
                    : Offset<flatbuffers::String>{};
      workers.push_back(fc::CreateFoundWorker(
        out_, each.key.id.value, each.key.incarnation, each.release.value,
        backend, state_of(each.state), each.pid, spec));
    }
    auto app = text(what.app);
    auto release_list = out_.CreateVector(releases);
    auto worker_list = out_.CreateVector(workers);
    auto table = what.has.table ? put_table(*what.has.table)
                                : Offset<fc::AppTable>{};
    auto idle = ids(what.has.idle);
    return fc::CreateInventory(out_, app, release_list, worker_list, table,
                               what.has.acked, idle,
                               what.has.highest_id.value);
  }

  body put(const join_message& what) {
    offsets<fc::Inventory> has;
    for (const auto& each : what.has)
      has.push_back(put_inventory(each));
    const auto& facts = what.facts;
    auto name = text(facts.name);
    auto zone = text(facts.zone);
    auto address = text(facts.address);
    auto admin = text(facts.admin);
    auto boot_id = text(facts.boot_id);
    auto version = text(facts.version);
    auto label_list = put_texts(facts.labels);
    auto inventories = out_.CreateVector(has);
    return {fc::ClusterBody::Join,
            fc::CreateJoin(out_, name, zone, address, admin, boot_id, version,
                           label_list, facts.cpu, facts.memory_bytes,
                           inventories, facts.journal_format)
              .Union()};
  }

  /// What kinds of reports have in common.
  struct report_fields {
    fc::ReportKind kind{};
    worker_key key;
    std::int64_t pid = 0;
    std::string reason;
    bool hangs = false;
    std::uint64_t table_version = 0;
    release_number release;
  };

  static report_fields fields(const worker_delayed& x) {
    return {fc::ReportKind::delayed, x.key, 0, x.reason, false, 0, {}};
  }

  static report_fields fields(const worker_begun& x) {
    return {fc::ReportKind::begun, x.key, 0, {}, false, 0, {}};
  }

  static report_fields fields(const worker_ready& x) {
    return {fc::ReportKind::ready, x.key, x.pid, {}, false, 0, {}};
  }

  static report_fields fields(const worker_failed& x) {
    return {fc::ReportKind::failed, x.key, 0, x.reason, false, 0, {}};
  }

  static report_fields fields(const worker_died& x) {
    return {fc::ReportKind::died, x.key, 0, x.reason, false, 0, {}};
  }

  static report_fields fields(const worker_stopped& x) {
    return {fc::ReportKind::stopped, x.key, 0, {}, false, 0, {}};
  }

  static report_fields fields(const worker_unhealthy& x) {
    return {fc::ReportKind::unhealthy, x.key, 0, x.reason, x.hangs, 0, {}};
  }

  static report_fields fields(const worker_outgrown& x) {
    return {fc::ReportKind::outgrown, x.key, 0, x.reason, false, 0, {}};
  }

  static report_fields fields(const table_acked& x) {
    return {fc::ReportKind::acked, {}, 0, {}, false, x.version, {}};
  }

  static report_fields fields(const release_idle& x) {
    return {fc::ReportKind::idle, {}, 0, {}, false, 0, x.release};
  }

  /// Probes are the leader's own; none crosses a link.
  static report_fields fields(const release_probed&) {
    return {};
  }

  body put(const report_message& what) {
    auto x = std::visit([](const auto& each) { return fields(each); },
                        what.report);
    auto app = text(what.app);
    auto reason = text(x.reason);
    return {fc::ClusterBody::Report,
            fc::CreateReport(out_, app, x.kind, x.key.id.value,
                             x.key.incarnation, x.pid, reason, x.hangs,
                             x.table_version, x.release.value)
              .Union()};
  }

  body put(const artifact_request_message& what) {
    auto sha256 = text(what.sha256);
    return {fc::ClusterBody::ArtifactRequest,
            fc::CreateArtifactRequest(out_, sha256, what.offset).Union()};
  }

  body put(const welcome_message& what) {
    auto leader = text(what.leader);
    auto admin = text(what.admin);
    return {fc::ClusterBody::Welcome,
            fc::CreateWelcome(out_, leader, admin).Union()};
  }

  body put(const turn_away_message& what) {
    auto reason = text(what.reason);
    auto address = text(what.address);
    return {fc::ClusterBody::TurnAway,
            fc::CreateTurnAway(out_, reason, address).Union()};
  }

  body put(const use_release_message& what) {
    auto app = text(what.app);
    auto release = put_release(what.release);
    return {fc::ClusterBody::UseRelease,
            fc::CreateUseRelease(out_, app, release).Union()};
  }

  body put(const start_order_message& what) {
    const auto& order = what.order;
    auto app = text(order.app);
    auto backend = text(order.backend);
    return {fc::ClusterBody::StartWorker,
            fc::CreateStartWorker(out_, app, order.release.value, backend,
                                  order.key.id.value, order.key.incarnation,
                                  order.failures)
              .Union()};
  }

  body put(const stop_order_message& what) {
    auto app = text(what.app);
    return {fc::ClusterBody::StopWorker,
            fc::CreateStopWorker(out_, app, what.key.id.value,
                                 what.key.incarnation, what.drain)
              .Union()};
  }

  auto put_nodes(const std::vector<host_node>& what) {
    offsets<fc::PeerNode> nodes;
    for (const auto& node : what) {
      auto name = text(node.name);
      auto address = text(node.address);
      auto zone = text(node.zone);
      nodes.push_back(fc::CreatePeerNode(out_, name, address, zone));
    }
    return out_.CreateVector(nodes);
  }

  body put(const members_message& what) {
    auto nodes = put_nodes(what.nodes);
    auto drained = put_texts(what.drained);
    return {fc::ClusterBody::Members,
            fc::CreateMembers(out_, nodes, drained, what.journal_format)
              .Union()};
  }

  body put(const publish_message& what) {
    offsets<fc::ReleaseHosts> hosts;
    for (const auto& each : what.hosts) {
      auto list = put_nodes(each.nodes);
      hosts.push_back(fc::CreateReleaseHosts(out_, each.release.value, list));
    }
    auto table = put_table(what.table);
    auto list = out_.CreateVector(hosts);
    return {fc::ClusterBody::Publish,
            fc::CreatePublish(out_, table, list).Union()};
  }

  body put(const artifact_part_message& what) {
    auto sha256 = text(what.sha256);
    auto bytes = out_.CreateVector(
      reinterpret_cast<const std::uint8_t*>(what.bytes.data()),
      what.bytes.size());
    auto problem = text(what.problem);
    return {fc::ClusterBody::ArtifactPart,
            fc::CreateArtifactPart(out_, sha256, what.offset, what.total,
                                   bytes, problem)
              .Union()};
  }

  flatbuffers::FlatBufferBuilder out_;
};

} // namespace

std::string encode_cluster_message(const cluster_message& message) {
  return encoder{}.encode(message);
}

} // namespace serval
