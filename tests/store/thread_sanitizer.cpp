// RocksDB's package is not built for ThreadSanitizer, which therefore cannot
// see how it synchronises its own memory.
extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:librocksdb.so\n"
         "race:librocksdb.so\n";
}
