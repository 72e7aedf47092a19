#include "cli/admin_client.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

#include "base/private_file.hpp"
#include "base/unique_fd.hpp"
#include "tls/certificate_authority.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

namespace serval {

namespace {

/// Where a certificate and its key are.
struct certificate_files {
  std::string certificate;
  std::string key;

  certificate_files(const std::string& folder, const std::string& name)
    : certificate(folder + "/" + name + ".crt"),
      key(folder + "/" + name + ".key") {
    // nop
  }
};

constexpr const char* authority_name = "ca";

/// Never over a file that is there: what it certifies would be lost.
result<void> write_new(const std::string& path, const std::string& text,
                       mode_t mode) {
  unique_fd file{
    ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
  if (!file && errno == EEXIST)
    return error{errc::conflict,
                 path + " is there already; move it away, or use another "
                        "--folder"};
  if (!file
      || ::write(file.get(), text.data(), text.size())
           != static_cast<ssize_t>(text.size())
      || ::fsync(file.get()) != 0)
    return error{errc::unavailable, "cannot write " + path + ": "
                                      + std::strerror(errno)};
  return {};
}

result<void> write_files(const certificate_files& to,
                         const certificate_with_key& made) {
  std::error_code failed;
  std::filesystem::create_directories(
    std::filesystem::path{to.key}.parent_path(), failed);
  if (auto written = write_new(to.key, made.key, 0600); !written)
    return written;
  return write_new(to.certificate, made.certificate, 0644);
}

int report(const certificate_files& files, bool json) {
  if (!json)
    return finish(fmt::format("certificate  {}\nkey          {}\n",
                              files.certificate, files.key));
  boost::json::object shown{{"certificate", files.certificate},
                            {"key", files.key}};
  return finish(boost::json::serialize(shown) + "\n");
}

std::chrono::days validity_of(const cert_options& options,
                              std::chrono::days usual) {
  return options.days == 0 ? usual : std::chrono::days{options.days};
}

result<certificate_with_key> read_authority(const std::string& folder) {
  certificate_files files{folder, authority_name};
  std::error_code failed;
  auto is_there = std::filesystem::exists(files.certificate, failed);
  if (!is_there && !failed)
    return error{errc::not_found,
                 fmt::format("cannot certify a node: there is no authority in "
                             "{} ({} is missing); make one first: serval cert "
                             "authority --cluster NAME --folder {}",
                             folder, files.certificate, folder)};
  auto certificate = read_private_file(files.certificate, private_to::none,
                                       "the authority's certificate");
  if (!certificate)
    return certificate.error();
  auto key = read_private_file(files.key, private_to::owner,
                               "the authority's key");
  if (!key)
    return key.error();
  return certificate_with_key{std::move(*certificate), std::move(*key)};
}

} // namespace

int cert_authority_command(const cert_options& options, bool json) {
  if (auto fine = check_new_name(options.name); !fine)
    return fail(fine.error());
  auto made = make_authority(options.name,
                             validity_of(options, authority_validity),
                             std::chrono::system_clock::now());
  if (!made)
    return fail(made.error());
  certificate_files files{options.folder, authority_name};
  if (auto written = write_files(files, *made); !written)
    return fail(written.error());
  return report(files, json);
}

int cert_node_command(const cert_options& options, bool json) {
  if (auto fine = check_new_name(options.name); !fine)
    return fail(fine.error());
  certificate_files files{options.folder, options.name};
  if (options.name == authority_name)
    return fail({errc::bad_request, "\"ca\" is the authority's own name"});
  auto authority = read_authority(options.folder);
  if (!authority)
    return fail(authority.error());
  auto made = issue_certificate(*authority, {options.name, options.hosts},
                                validity_of(options, node_validity),
                                std::chrono::system_clock::now());
  if (!made)
    return fail(made.error());
  if (auto written = write_files(files, *made); !written)
    return fail(written.error());
  return report(files, json);
}

} // namespace serval
