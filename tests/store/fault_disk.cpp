#include "store/fault_disk.hpp"

#include "store/fault_file_system.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>

#include <sys/stat.h>
#include <unistd.h>

namespace serval {

namespace fs = std::filesystem;

namespace {

fs::path path_of(int fd) {
  return fs::read_symlink("/proc/self/fd/" + std::to_string(fd));
}

std::string read_range(int fd, std::uint64_t at, std::size_t size) {
  std::string bytes(size, '\0');
  auto n = ::pread(fd, bytes.data(), size, static_cast<off_t>(at));
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

/// Writes bytes into a file as it is.
void patch(const fs::path& file, std::uint64_t at, std::string_view bytes) {
  std::fstream out{file, std::ios::in | std::ios::out | std::ios::binary};
  out.seekp(static_cast<std::streamoff>(at));
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

} // namespace

fault_disk::fault_disk(fs::path directory, fs::path shadow)
  : directory_(std::move(directory)),
    shadow_(std::move(shadow)),
    env_(make_fault_env(*this)) {
  fs::create_directories(directory_);
  fs::create_directories(shadow_);
  snapshot_names(directory_);
  for (const auto& entry : fs::directory_iterator{directory_})
    if (entry.is_directory())
      snapshot_names(entry.path());
}

fault_disk::~fault_disk() = default;

store_edges fault_disk::edges() {
  return {*this, env_.get()};
}

void fault_disk::fail(disk_call kind, std::uint64_t n, int code,
                      bool for_good) {
  std::lock_guard guard{mutex_};
  kind_ = kind;
  left_ = n;
  code_ = code;
  for_good_ = for_good;
  failed_ = false;
}

bool fault_disk::has_failed() const {
  std::lock_guard guard{mutex_};
  return failed_;
}

void fault_disk::power_off() {
  std::lock_guard guard{mutex_};
  off_ = true;
}

int fault_disk::admit(disk_call kind) {
  std::lock_guard guard{mutex_};
  if (off_)
    return EIO;
  if (left_ == 0 || (kind_ != disk_call::any && kind_ != kind) || --left_ > 0)
    return 0;
  failed_ = true;
  off_ = for_good_;
  return code_;
}

// -- what is durable ----------------------------------------------------------

fault_disk::inode fault_disk::inode_of(const fs::path& file) {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0 ? info.st_ino : 0;
}

void fault_disk::began(const std::string& file) {
  std::lock_guard guard{mutex_};
  contents_[inode_of(file)] = {};
}

void fault_disk::synced(const std::string& file) {
  std::lock_guard guard{mutex_};
  auto known = contents_.find(inode_of(file));
  if (known != contents_.end() && !known->second.broken)
    known->second.durable = fs::file_size(file);
}

void fault_disk::sync_failed(const std::string& file) {
  std::lock_guard guard{mutex_};
  contents_[inode_of(file)].broken = true;
}

void fault_disk::names_synced(const fs::path& directory) {
  std::lock_guard guard{mutex_};
  snapshot_names(directory);
}

/// The shadow of a directory has the same files under the same names, by links.
void fault_disk::snapshot_names(const fs::path& directory) {
  auto shadow = shadow_ / directory.lexically_relative(directory_);
  fs::create_directories(shadow);
  for (const auto& entry : fs::directory_iterator{shadow})
    if (!entry.is_directory() || !fs::exists(directory
                                             / entry.path().filename()))
      fs::remove_all(entry.path());
  for (const auto& entry : fs::directory_iterator{directory}) {
    auto to = shadow / entry.path().filename();
    if (entry.is_directory())
      durable_directories_.insert(to.filename());
    else
      fs::create_hard_link(entry.path(), to);
  }
}

void fault_disk::restore_content(const fs::path& file, random_source& random) {
  auto known = contents_.find(inode_of(file));
  if (known == contents_.end())
    return;
  auto size = fs::file_size(file);
  auto& [durable, broken] = known->second;
  if (size <= durable)
    return;
  auto rest = static_cast<std::uint32_t>(size - durable);
  auto torn = broken ? 0 : random.below(rest + 1);
  fs::resize_file(file, durable + torn);
  if (torn == 0 || random.below(2) == 0)
    return;
  // The file is as long as it was to be, but its last block never came.
  auto lost = 1 + random.below(torn);
  std::string garbage(lost, '\0');
  if (random.below(2) == 0)
    for (auto& c : garbage)
      c = static_cast<char>(random.below(256));
  patch(file, durable + torn - lost, garbage);
}

void fault_disk::power_on(random_source& random) {
  std::lock_guard guard{mutex_};
  for (auto at = overwrites_.rbegin(); at != overwrites_.rend(); ++at) {
    // Nothing, all or the first part of it got through.
    auto through = random.below(
      static_cast<std::uint32_t>(at->before.size() + 1));
    if (fs::exists(at->file))
      patch(at->file, at->at + through, at->before.substr(through));
  }
  overwrites_.clear();
  fs::remove_all(directory_);
  fs::copy(shadow_, directory_, fs::copy_options::recursive
                                  | fs::copy_options::create_hard_links);
  // What lies in a directory whose own name is lost is lost.
  for (const auto& entry : fs::directory_iterator{shadow_})
    if (entry.is_directory()
        && !durable_directories_.contains(entry.path().filename()))
      fs::remove_all(directory_ / entry.path().filename());
  for (const auto& entry : fs::recursive_directory_iterator{directory_})
    if (entry.is_regular_file())
      restore_content(entry.path(), random);
  contents_.clear();
  off_ = failed_ = false;
  left_ = 0;
}

// -- the mark -----------------------------------------------------------------

bool fault_disk::write(int fd, std::string_view bytes, std::uint64_t at) {
  if (auto code = admit(disk_call::write)) {
    errno = code;
    return false;
  }
  auto before = read_range(fd, at, bytes.size());
  before.resize(bytes.size());
  {
    std::lock_guard guard{mutex_};
    overwrites_.push_back({path_of(fd), at, std::move(before)});
  }
  return store_disk::write(fd, bytes, at);
}

bool fault_disk::sync(int fd) {
  if (auto code = admit(disk_call::sync)) {
    errno = code;
    return false;
  }
  std::lock_guard guard{mutex_};
  std::erase_if(overwrites_, [file = path_of(fd)](const auto& each) {
    return each.file == file;
  });
  return true;
}

result<void> fault_disk::sync_names(const fs::path& directory) {
  if (admit(disk_call::sync))
    return error{errc::store_failed,
                 "cannot sync the directory " + directory.string()};
  names_synced(directory);
  return {};
}

std::uint64_t fault_disk::free_bytes(const fs::path&) {
  return room;
}

} // namespace serval
