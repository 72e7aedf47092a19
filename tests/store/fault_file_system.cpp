#include "store/fault_file_system.hpp"

#include "store/fault_disk.hpp"

#include <rocksdb/file_system.h>

#include <cerrno>
#include <cstring>

namespace serval {

namespace {

using rocksdb::DataVerificationInfo;
using rocksdb::DirFsyncOptions;
using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus to_status(int code) {
  if (code == 0)
    return IOStatus::OK();
  if (code == ENOSPC)
    return IOStatus::NoSpace("injected", std::strerror(code));
  return IOStatus::IOError("injected", std::strerror(code));
}

class fault_file final : public rocksdb::FSWritableFileOwnerWrapper {
public:
  fault_file(std::unique_ptr<rocksdb::FSWritableFile> target, std::string name,
             fault_disk& disk)
    : FSWritableFileOwnerWrapper(std::move(target)),
      name_(std::move(name)),
      disk_(disk) {
    // nop
  }

  IOStatus Append(const Slice& data, const IOOptions& options,
                  IODebugContext* dbg) override {
    if (auto code = disk_.admit(disk_call::write)) {
      // As much as there was room for is written.
      (void) FSWritableFileOwnerWrapper::Append(
        Slice{data.data(), data.size() / 2}, options, dbg);
      return to_status(code);
    }
    return FSWritableFileOwnerWrapper::Append(data, options, dbg);
  }

  IOStatus Append(const Slice& data, const IOOptions& options,
                  const DataVerificationInfo&, IODebugContext* dbg) override {
    return Append(data, options, dbg);
  }

  IOStatus Truncate(std::uint64_t size, const IOOptions& options,
                    IODebugContext* dbg) override {
    if (auto code = disk_.admit(disk_call::write))
      return to_status(code);
    return FSWritableFileOwnerWrapper::Truncate(size, options, dbg);
  }

  // Nothing is really synced: it would only take time.

  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return sync();
  }

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return sync();
  }

  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&,
                     IODebugContext*) override {
    return IOStatus::OK();
  }

private:
  IOStatus sync() {
    auto code = disk_.admit(disk_call::sync);
    if (code == 0)
      disk_.synced(name_);
    else
      disk_.sync_failed(name_);
    return to_status(code);
  }

  std::string name_;
  fault_disk& disk_;
};

class fault_directory final : public rocksdb::FSDirectoryWrapper {
public:
  fault_directory(std::unique_ptr<rocksdb::FSDirectory> target,
                  std::string name, fault_disk& disk)
    : FSDirectoryWrapper(std::move(target)),
      name_(std::move(name)),
      disk_(disk) {
    // nop
  }

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    auto code = disk_.admit(disk_call::sync);
    if (code == 0)
      disk_.names_synced(name_);
    return to_status(code);
  }

  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* dbg,
                               const DirFsyncOptions&) override {
    return Fsync(options, dbg);
  }

private:
  std::string name_;
  fault_disk& disk_;
};

/// RocksDB's log of what it does is not what is tested.
bool matters(const std::string& file) {
  return file.find("/LOG") == std::string::npos;
}

class fault_file_system final : public rocksdb::FileSystemWrapper {
public:
  explicit fault_file_system(fault_disk& disk)
    : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {
    // nop
  }

  const char* Name() const override {
    return "fault_file_system";
  }

  IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* dbg) override {
    auto done = FileSystemWrapper::NewWritableFile(name, options, file, dbg);
    if (done.ok() && matters(name)) {
      disk_.began(name);
      *file = std::make_unique<fault_file>(std::move(*file), name, disk_);
    }
    return done;
  }

  IOStatus NewDirectory(const std::string& name, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* directory,
                        IODebugContext* dbg) override {
    auto done
      = FileSystemWrapper::NewDirectory(name, options, directory, dbg);
    if (done.ok())
      *directory = std::make_unique<fault_directory>(std::move(*directory),
                                                     name, disk_);
    return done;
  }

  IOStatus DeleteFile(const std::string& name, const IOOptions& options,
                      IODebugContext* dbg) override {
    if (auto code = disk_.admit(disk_call::write))
      return to_status(code);
    return FileSystemWrapper::DeleteFile(name, options, dbg);
  }

  IOStatus RenameFile(const std::string& from, const std::string& to,
                      const IOOptions& options, IODebugContext* dbg) override {
    if (matters(from))
      if (auto code = disk_.admit(disk_call::write))
        return to_status(code);
    return FileSystemWrapper::RenameFile(from, to, options, dbg);
  }

private:
  fault_disk& disk_;
};

} // namespace

std::unique_ptr<rocksdb::Env> make_fault_env(fault_disk& disk) {
  return rocksdb::NewCompositeEnv(std::make_shared<fault_file_system>(disk));
}

} // namespace serval
