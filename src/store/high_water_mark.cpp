#include "store/high_water_mark.hpp"

#include "base/assert.hpp"
#include "base/sha256.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace serval {

namespace {

// The slots lie in blocks of their own, so that the disk cannot tear both.
constexpr std::size_t slot_distance = 4096;
constexpr std::size_t number_digits = 20;
constexpr std::size_t slot_size = number_digits + 1 + 64 + 1;

error io_error(std::string_view attempt, const std::filesystem::path& file) {
  auto cause = std::strerror(errno);
  return {errc::store_failed,
          std::string{attempt} + " " + file.string() + ": " + cause
            + "; the daemon's user must be able to write there, and the disk "
              "must have room"};
}

std::string make_slot(std::uint64_t value) {
  auto number = std::to_string(value);
  number.insert(0, number_digits - number.size(), '0');
  return number + " " + sha256_hex(number) + "\n";
}

std::optional<std::uint64_t> parse_slot(const std::string& slot) {
  if (slot.find_first_not_of("0123456789") != number_digits)
    return std::nullopt;
  auto value = std::strtoull(slot.substr(0, number_digits).c_str(), nullptr,
                             10);
  return slot == make_slot(value) ? std::optional{value} : std::nullopt;
}

} // namespace

result<high_water_mark>
high_water_mark::open(const std::filesystem::path& file, store_disk& disk) {
  unique_fd fd{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (!fd)
    return io_error("cannot open", file);
  high_water_mark self{std::move(fd), file, disk};
  if (::flock(self.fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return error{errc::conflict,
                   "the data directory " + file.parent_path().string()
                     + " is in use by another daemon; stop that one, or give "
                       "this one a data_dir of its own"};
    return io_error("cannot lock", file);
  }
  if (auto fine = self.load(); !fine)
    return fine.error();
  return self;
}

result<high_water_mark>
high_water_mark::look_at(const std::filesystem::path& file) {
  unique_fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd && errno != ENOENT)
    return error{errc::store_failed, "cannot open " + file.string() + ": "
                                       + std::strerror(errno)};
  high_water_mark self{std::move(fd), file, store_disk::system()};
  if (!self.fd_)
    return self;
  if (::flock(self.fd_.get(), LOCK_SH | LOCK_NB) != 0)
    return error{errc::conflict,
                 file.parent_path().string()
                   + " is in use by a daemon; stop it, or look at a copy that "
                     "`serval backup` makes"};
  if (auto fine = self.load(); !fine)
    return fine.error();
  return self;
}

result<void> high_water_mark::load() {
  for (std::size_t i = 0; i < 2; ++i) {
    std::string slot(slot_size, '\0');
    auto n = ::pread(fd_.get(), slot.data(), slot.size(),
                     static_cast<off_t>(i * slot_distance));
    if (n < 0)
      return io_error("cannot read", file_);
    auto value = parse_slot(slot);
    if (value && (!value_ || *value >= *value_)) {
      value_ = value;
      writes_ = i;
    }
  }
  return {};
}

result<void> high_water_mark::reset(std::uint64_t value) {
  // Both slots are written once, so that no later sync has a file size to
  // write.
  if (!disk_->write(fd_.get(), make_slot(value), 0)
      || !disk_->write(fd_.get(), make_slot(value), slot_distance)
      || !disk_->sync(fd_.get()))
    return io_error("cannot write", file_);
  value_ = value;
  return disk_->sync_names(file_.parent_path());
}

result<void> high_water_mark::set(std::uint64_t value) {
  SERVAL_ASSERT(value_ && *value_ <= value);
  auto at = (++writes_ % 2) * slot_distance;
  if (!disk_->write(fd_.get(), make_slot(value), at)
      || !disk_->sync(fd_.get()))
    return io_error("cannot write", file_);
  value_ = value;
  return {};
}

} // namespace serval
