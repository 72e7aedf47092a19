#include "node/credentials.hpp"

#include "base/private_file.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace serval {

namespace {

/// Differs whenever a file was written or another one took its place.
std::string look_at(const std::vector<std::string>& files) {
  std::string look;
  for (const auto& file : files) {
    struct stat about {};
    if (::stat(file.c_str(), &about) == 0)
      fmt::format_to(std::back_inserter(look), "{}:{}.{}:{}:{:o};",
                     about.st_ino, about.st_mtim.tv_sec, about.st_mtim.tv_nsec,
                     about.st_size, about.st_mode);
    else
      look += "none;";
  }
  return look;
}

} // namespace

credential_files::credential_files(const node_config& config) {
  add_tls("the certificate of http", config.http.tls, tls_use::http,
          current_.http);
  add_tls("the certificate of rpc", config.rpc.tls, tls_use::link,
          current_.rpc);
  add_tls("the certificate of admin", config.admin.tls, tls_use::http,
          current_.admin);
  if (!config.cluster.alone() && config.cluster.encrypted())
    add_peers(config);
  if (!config.auth.tokens_file.empty())
    add_tokens(config.auth.tokens_file);
}

void credential_files::add_tls(std::string what, const tls_files& files,
                               tls_use use, tls_context_ptr& target) {
  if (!files.wanted())
    return;
  source made{std::move(what), {files.certificate, files.key}, {}, {}, {}};
  if (!files.client_ca.empty())
    made.files.push_back(files.client_ca);
  made.read = [files, use, &target](wall_time now) -> result<void> {
    auto context = tls_context::for_server(files, use, now);
    if (!context)
      return context.error();
    target = std::make_shared<const tls_context>(std::move(*context));
    return {};
  };
  sources_.push_back(std::move(made));
}

void credential_files::add_peers(const node_config& config) {
  auto& cluster = config.cluster;
  auto identity = fmt::format("node://{}/{}", cluster.name, config.node.name);
  tls_files files{cluster.certificate_file, cluster.key_file,
                  cluster.authority_file};
  source made{"the certificate of cluster",
              {files.certificate, files.key, files.client_ca},
              {},
              {},
              {}};
  made.read = [this, files, identity](wall_time now) -> result<void> {
    auto accepting = tls_context::for_server(files, tls_use::link, now);
    if (!accepting)
      return accepting.error();
    auto names = accepting->own_uris();
    if (std::ranges::find(names, identity) == names.end())
      return error{errc::bad_request,
                   fmt::format("cannot use the TLS certificate {}: it is not "
                               "for {}, so that other nodes would refuse it; "
                               "`serval cert node` makes one",
                               files.certificate, identity)};
    auto dialing = tls_context::for_client(files.client_ca, tls_use::link,
                                           files, now);
    if (!dialing)
      return dialing.error();
    current_.peers = {
      std::make_shared<const tls_context>(std::move(*accepting)),
      std::make_shared<const tls_context>(std::move(*dialing))};
    return {};
  };
  sources_.push_back(std::move(made));
}

void credential_files::add_tokens(const std::string& file) {
  source made{"the list of tokens", {file}, {}, {}, {}};
  made.read = [this, file](wall_time) -> result<void> {
    auto text = read_private_file(file, private_to::owner, "the tokens");
    if (!text)
      return text.error();
    auto table = token_table::parse(*text, file);
    if (!table)
      return table.error();
    current_.tokens = std::make_shared<const token_table>(std::move(*table));
    return {};
  };
  sources_.push_back(std::move(made));
}

result<void> credential_files::load(wall_time now) {
  for (auto& each : sources_) {
    each.look = look_at(each.files);
    if (auto read = each.read(now); !read)
      return read;
  }
  return {};
}

std::vector<credential_files::event> credential_files::refresh(wall_time now) {
  std::vector<event> events;
  for (auto& each : sources_) {
    // Looked at before they are read: what is written meanwhile is read again.
    auto look = look_at(each.files);
    if (look == each.look)
      continue;
    auto read = each.read(now);
    if (read) {
      each.look = std::move(look);
      each.told_problem.clear();
      events.push_back({false, each.what + " was replaced"});
    } else if (read.error().message != each.told_problem) {
      each.told_problem = read.error().message;
      events.push_back({true, each.what + " stays as it was: "
                                + each.told_problem});
    }
  }
  return events;
}

std::string endpoint_of(listen_address address, std::uint16_t port,
                        const tls_files& tls, std::string_view scheme) {
  address.port = port;
  return std::string{tls.wanted() ? scheme : ""} + to_string(address);
}

} // namespace serval
