#include "config/node_config_reader.hpp"

#include "config/node_config_fields.hpp"
#include "link/link_address.hpp"
#include "spec/document_reader.hpp"
#include "spec/overrides.hpp"
#include "spec/spec_validate.hpp"
#include "spec/toml_document.hpp"
#include "spec/units.hpp"

#include <fmt/format.h>

#include <map>

namespace serval {

namespace {

using word_list = std::vector<std::string_view>;

const word_list& words_of(log_level) {
  static const word_list words = {"debug", "info", "warning", "error"};
  return words;
}

const word_list& words_of(log_format) {
  static const word_list words = {"text", "json"};
  return words;
}

const word_list& words_of(store_kind) {
  static const word_list words = {"rocksdb", "mysql", "none"};
  return words;
}

std::string text_of(std::uint32_t value) {
  return fmt::format("{}", value);
}

std::string text_of(duration value) {
  return format_duration(value);
}

std::string text_of(byte_count value) {
  return format_size(value.value);
}

/// Reads the fields of one document, section by section.
class field_reader {
public:
  field_reader(const doc_value& document, problem_list& problems)
    : root_(document, "", problems), problems_(problems) {
    // nop
  }

  void operator()(std::string_view section, std::string_view key,
                  auto& field) {
    if (auto* in = section_named(section))
      read(*in, key, field);
  }

  template <class T>
  void operator()(std::string_view section, std::string_view key, T& field,
                  const bounds<T>& range) {
    auto* in = section_named(section);
    if (in == nullptr || !read(*in, key, field))
      return;
    if (field < range.min || field > range.max)
      in->reject(key, fmt::format("must be {} to {}, is {}",
                                  text_of(range.min), text_of(range.max),
                                  text_of(field)));
  }

  void finish() {
    for (auto& [name, in] : sections_)
      if (in)
        in->finish();
    root_.finish();
  }

private:
  using optional_reader = std::unique_ptr<document_reader>;

  /// The reader of a section, or null if the document has no such table.
  document_reader* section_named(std::string_view name) {
    auto found = sections_.find(name);
    if (found == sections_.end()) {
      optional_reader in;
      if (const auto* table = root_.table(name))
        in = std::make_unique<document_reader>(*table, std::string{name},
                                               problems_);
      found = sections_.emplace(std::string{name}, std::move(in)).first;
    }
    return found->second.get();
  }

  static bool read(document_reader& in, std::string_view key, auto& field) {
    return in.read(key, field);
  }

  static bool read(document_reader& in, std::string_view key,
                   byte_count& field) {
    return in.read_size(key, field.value);
  }

  static bool read(document_reader& in, std::string_view key,
                   listen_address& field) {
    std::string text;
    if (!in.read(key, text))
      return false;
    auto parsed = parse_listen_address(text);
    if (parsed)
      field = *parsed;
    else
      in.reject(key, parsed.error().message);
    return parsed.has_value();
  }

  template <class Enum>
    requires std::is_enum_v<Enum>
  static bool read(document_reader& in, std::string_view key, Enum& field) {
    std::size_t word = 0;
    if (!in.read_word(key, words_of(field), word))
      return false;
    field = static_cast<Enum>(word);
    return true;
  }

  document_reader root_;
  problem_list& problems_;
  std::map<std::string, optional_reader, std::less<>> sections_;
};

/// A certificate is of no use without its key, and the reverse.
void check_tls(const tls_files& files, const std::string& section,
               const doc_value& document, problem_list& problems) {
  auto reject = [&](const std::string& name, const std::string& other) {
    auto key = section + "." + name;
    problems.push_back({where_of(document, key), key,
                        "needs " + section + "." + other + " beside it"});
  };
  if (files.certificate.empty() && !files.key.empty())
    reject("tls_key_file", "tls_certificate_file");
  if (!files.certificate.empty() && files.key.empty())
    reject("tls_certificate_file", "tls_key_file");
  if (!files.client_ca.empty() && !files.wanted())
    reject("tls_client_ca_file", "tls_certificate_file");
}

/// Calls `reject(key, message)` for what is wrong with the store's section.
void check_store(const store_section& store, auto reject) {
  auto wanted = store.kind == store_kind::mysql;
  for (const auto& [key, value] :
       {std::pair{"socket", &store.socket}, {"host", &store.host},
        {"user", &store.user}, {"password_file", &store.password_file},
        {"database", &store.database},
        {"authority_file", &store.authority_file}})
    if (!wanted && !value->empty())
      reject(key, "is of use only with store.kind = \"mysql\"");
  if (!wanted)
    return;
  if (store.socket.empty() == store.host.empty())
    reject(store.socket.empty() ? "kind" : "host",
           "the database needs store.socket or store.host, and not both");
  if (store.host.empty() && !store.authority_file.empty())
    reject("authority_file", "is of use only with store.host");
  for (const auto& [key, value] :
       {std::pair{"user", &store.user}, {"database", &store.database}})
    if (value->empty())
      reject("kind", fmt::format("the database needs store.{}", key));
}

/// Calls `reject(key, message)` for what is wrong with the cluster's section.
void check_cluster(const cluster_section& cluster, auto reject) {
  constexpr auto bad_name = R"(must be 1 to 64 letters, digits, "_" and "-")";
  if (cluster.alone()) {
    if (!cluster.join.empty())
      reject("join", "needs cluster.name, the name that the nodes share");
    return;
  }
  if (!is_valid_name(cluster.name))
    reject("name", bad_name);
  if (!cluster.zone.empty() && !is_valid_name(cluster.zone))
    reject("zone", bad_name);
  for (const auto& label : cluster.labels)
    if (!is_valid_name(label))
      reject("labels", fmt::format("\"{}\" {}", label, bad_name));
  auto check_dialed = [&](std::string_view key, const std::string& text) {
    auto address = parse_link_address(text);
    if (!address)
      reject(key, address.error().message);
    else if (address->tls || address->port == 0 || address->host == "0.0.0.0"
             || address->host == "::")
      reject(key, fmt::format("nobody can connect to \"{}\"; it needs the "
                              "address and port of one node",
                              text));
  };
  for (const auto& each : cluster.join)
    check_dialed("join", each);
  if (!cluster.advertise.empty())
    check_dialed("advertise", cluster.advertise);
  else if (is_wildcard(cluster.listen))
    reject("listen", fmt::format("{} is no address that others can connect "
                                 "to; cluster.advertise must say which one is",
                                 to_string(cluster.listen)));
  auto files = !cluster.certificate_file.empty() + !cluster.key_file.empty()
               + !cluster.authority_file.empty();
  if (files != 0 && files != 3)
    reject("certificate_file", "cluster.certificate_file, cluster.key_file and "
                               "cluster.authority_file go together; give all "
                               "three or none");
  else if (files == 0 && !is_loopback(cluster.listen))
    reject("listen",
           fmt::format("{} can be reached from other machines, which needs "
                       "cluster.certificate_file, cluster.key_file and "
                       "cluster.authority_file (`serval cert` makes them); or "
                       "bind 127.0.0.1 or [::1]",
                       to_string(cluster.listen)));
}

/// What no single field shows.
void check(const node_config& config, const doc_value& document,
           problem_list& problems) {
  auto require = [&](bool holds, std::string key, std::string message) {
    if (!holds)
      problems.push_back({where_of(document, key), key, std::move(message)});
  };
  require(is_valid_name(config.node.name), "node.name",
          R"(must be 1 to 64 letters, digits, "_" and "-")");
  constexpr std::uint64_t memory_min = 64 << 20;
  require(config.node.memory_max.value == 0
            || config.node.memory_max.value >= memory_min,
          "node.memory_max",
          "must be at least 64MiB, which an idle daemon needs, or 0B");
  require(!config.node.data_dir.empty(), "node.data_dir",
          "must name a directory");
  constexpr auto open_to_all
    = "{} can be reached from other machines, which needs {}; or bind "
      "127.0.0.1 or [::1]";
  require(is_loopback(config.rpc.listen) || config.rpc.tls.wanted(),
          "rpc.listen",
          fmt::format(open_to_all, to_string(config.rpc.listen),
                      "rpc.tls_certificate_file"));
  require(is_loopback(config.admin.listen)
            || (config.admin.tls.wanted() && !config.auth.tokens_file.empty()),
          "admin.listen",
          fmt::format(open_to_all, to_string(config.admin.listen),
                      "auth.tokens_file and admin.tls_certificate_file"));
  check_tls(config.http.tls, "http", document, problems);
  check_tls(config.rpc.tls, "rpc", document, problems);
  check_tls(config.admin.tls, "admin", document, problems);
  auto reject_in = [&](std::string_view section) {
    return [&require, section](std::string_view key, std::string why) {
      require(false, fmt::format("{}.{}", section, key), std::move(why));
    };
  };
  check_store(config.store, reject_in("store"));
  check_cluster(config.cluster, reject_in("cluster"));
}

result<node_config> read(result<doc_value> document, std::string_view name,
                         const std::vector<std::string>& overrides) {
  if (!document)
    return document.error();
  problem_list problems;
  for (const auto& each : overrides)
    apply_override(*document, each, problems);
  node_config config;
  field_reader reader(*document, problems);
  for_each_field(config, std::ref(reader));
  reader.finish();
  check(config, *document, problems);
  if (!problems.empty())
    return to_error(problems, name);
  return config;
}

struct default_writer {
  std::vector<std::string>& lines;

  void operator()(std::string_view section, std::string_view key,
                  const auto& field, auto&&...) const {
    lines.push_back(fmt::format("{}.{} = {}", section, key, toml_of(field)));
  }

  static std::string toml_of(std::uint32_t number) {
    return fmt::format("{}", number);
  }

  static std::string toml_of(bool flag) {
    return flag ? "true" : "false";
  }

  static std::string toml_of(const std::string& text) {
    return fmt::format("\"{}\"", text);
  }

  static std::string toml_of(const std::vector<std::string>& words) {
    return words.empty()
             ? "[]"
             : fmt::format("[\"{}\"]", fmt::join(words, "\", \""));
  }

  static std::string toml_of(duration span) {
    return toml_of(format_duration(span));
  }

  static std::string toml_of(byte_count size) {
    return toml_of(format_size(size.value));
  }

  static std::string toml_of(const listen_address& address) {
    return toml_of(to_string(address));
  }

  template <class Enum>
    requires std::is_enum_v<Enum>
  static std::string toml_of(Enum value) {
    return toml_of(std::string{words_of(value)[static_cast<int>(value)]});
  }
};

} // namespace

result<node_config> parse_node_config(
  std::string_view text, std::string_view name,
  const std::vector<std::string>& overrides) {
  return read(parse_toml_document(text, name), name, overrides);
}

result<node_config> read_node_config(
  const std::string& path, const std::vector<std::string>& overrides) {
  return read(read_toml_file(path), path, overrides);
}

std::vector<std::string> describe_defaults() {
  std::vector<std::string> lines;
  const node_config defaults;
  for_each_field(defaults, default_writer{lines});
  return lines;
}

} // namespace serval
