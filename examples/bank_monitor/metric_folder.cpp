#include "metric_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace bank_monitor {

namespace fs = std::filesystem;

namespace {

const absence hidden{reason::not_found, "names that begin with a dot, or are "
                                        "not UTF-8, are ignored"};

/// Closes a file descriptor with its owner.
class file {
public:
  explicit file(int fd) : fd_(fd) {
    // nop
  }

  file(const file&) = delete;
  file& operator=(const file&) = delete;

  ~file() {
    if (fd_ >= 0)
      ::close(fd_);
  }

  int fd() const {
    return fd_;
  }

private:
  int fd_;
};

/// Whether JSON can carry the text.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    auto lead = static_cast<unsigned char>(text[i]);
    auto size = lead < 0x80                   ? 1u
                : lead >= 0xc2 && lead < 0xe0 ? 2u
                : lead >= 0xe0 && lead < 0xf0 ? 3u
                : lead >= 0xf0 && lead < 0xf5 ? 4u
                                              : 0u;
    if (size == 0 || text.size() - i < size)
      return false;
    for (std::size_t k = 1; k < size; ++k)
      if ((text[i + k] & 0xc0) != 0x80)
        return false;
    i += size;
  }
  return true;
}

bool is_visible(const std::string& name) {
  return !name.starts_with('.') && is_utf8(name);
}

/// The visible names in `folder` for which `is_wanted` holds, sorted.
template <class Predicate>
std::vector<std::string> list(const fs::path& folder, Predicate is_wanted,
                              std::error_code& problem) {
  std::vector<std::string> names;
  auto entries = fs::directory_iterator{folder, problem};
  while (!problem && entries != fs::directory_iterator{}) {
    auto name = entries->path().filename().string();
    if (is_visible(name) && is_wanted(*entries))
      names.push_back(std::move(name));
    entries.increment(problem);
  }
  std::ranges::sort(names);
  return names;
}

/// Why `what` cannot be had, going by errno.
absence absence_of(const char* what, int error) {
  auto absent = error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG
                || error == ELOOP;
  if (absent)
    return {reason::not_found, std::string{"there is no such "} + what};
  return {reason::unreadable, std::string{"the "} + what
                                + " cannot be read: " + std::strerror(error)};
}

/// Reads from where `fd` stands to the end. False on error, see errno.
bool read_all(int fd, std::string& text) {
  char buffer[16384]; // a call's stack is small
  for (;;) {
    auto count = ::read(fd, buffer, sizeof(buffer));
    if (count > 0)
      text.append(buffer, static_cast<std::size_t>(count));
    else if (count == 0)
      return true;
    else if (errno != EINTR)
      return false;
  }
}

} // namespace

std::map<std::string, bank_task>
metric_folder::split(const query& query) const {
  auto is_bank = [](const fs::directory_entry& entry) {
    std::error_code ignored;
    return entry.is_directory(ignored);
  };
  std::error_code problem;
  auto names = list(root_, is_bank, problem);
  if (problem)
    throw std::runtime_error("cannot list data_dir \"" + root_.string()
                             + "\": " + problem.message());
  std::map<std::string, bank_task> tasks;
  if (query.banks)
    for (const auto& [name, indicators] : *query.banks)
      tasks[name] = {name, indicators, query.window};
  else
    for (const auto& name : names)
      tasks[name] = {name, {}, query.window};
  return tasks;
}

part<std::map<std::string, indicator_task>>
metric_folder::split(const bank_task& task) const {
  if (!is_visible(task.bank))
    return hidden;
  auto is_indicator = [](const fs::directory_entry& entry) {
    std::error_code ignored;
    return entry.path().extension() == ".csv" && entry.is_regular_file(ignored);
  };
  std::error_code problem;
  auto names = list(root_ / task.bank, is_indicator, problem);
  if (problem)
    return absence_of("bank", problem.value());
  for (auto& name : names)
    name.resize(name.size() - std::string_view{".csv"}.size());
  std::map<std::string, indicator_task> tasks;
  for (const auto& name : task.indicators.empty() ? names : task.indicators)
    tasks[name] = {task.bank, name, task.window};
  return tasks;
}

part<indicator_reply> metric_folder::read(const indicator_task& task) {
  if (!is_visible(task.bank) || !is_visible(task.indicator))
    return hidden;
  auto loaded = load(root_ / task.bank / (task.indicator + ".csv"));
  if (auto why = std::get_if<absence>(&loaded))
    return std::move(*why);
  const auto& cached = *std::get<const cached_series*>(loaded);
  if (!cached.parsed)
    return absence{reason::unreadable,
                   "the file does not begin with TimeStamp,Value,Label"};
  auto values = last_values(*cached.parsed, task.window.points, task.window.at);
  return indicator_reply{report_on(values), cached.parsed->skipped_lines};
}

auto metric_folder::load(const fs::path& path) -> part<const cached_series*> {
  auto version_of = [](const struct stat& status) {
    return file_version{static_cast<std::uint64_t>(status.st_size),
                        status.st_mtim.tv_sec * 1'000'000'000
                          + status.st_mtim.tv_nsec,
                        status.st_ino};
  };
  struct stat status {};
  auto known = cache_.find(path);
  if (known != cache_.end() && ::stat(path.c_str(), &status) == 0
      && version_of(status) == known->second.version)
    return &known->second;
  cache_.erase(path);
  // A pipe of that name must not block the worker.
  file source{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (source.fd() < 0)
    return absence_of("indicator", errno);
  // The version is taken before the content: a file that changes meanwhile is
  // read again next time.
  if (::fstat(source.fd(), &status) != 0)
    return absence_of("indicator", errno);
  if (!S_ISREG(status.st_mode))
    return absence{reason::not_found, "it is no regular file"};
  std::string text;
  if (!read_all(source.fd(), text))
    return absence_of("indicator", errno);
  cached_series fresh{version_of(status), parse_series(text)};
  return &cache_.emplace(path, std::move(fresh)).first->second;
}

} // namespace bank_monitor
