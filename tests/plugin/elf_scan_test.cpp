// Reading a shared object's symbols without loading it, whatever its bytes are.

#include "plugin/elf_scan.hpp"

#include "base/random.hpp"
#include "support/test_plugin.hpp"

#include <doctest/doctest.h>

#include <elf.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

using serval::scan_elf;

namespace {

std::string bytes_of(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream{path, std::ios::binary}.rdbuf();
  return bytes.str();
}

template <class T>
std::string raw(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

Elf64_Ehdr good_header() {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_machine = EM_X86_64;
  header.e_type = ET_DYN;
  header.e_shentsize = sizeof(Elf64_Shdr);
  return header;
}

Elf64_Shdr section(std::uint32_t type, std::size_t offset, std::size_t size,
                   std::uint32_t link) {
  Elf64_Shdr made{};
  made.sh_type = type;
  made.sh_offset = offset;
  made.sh_size = size;
  made.sh_link = link;
  return made;
}

/// A shared object with one unique symbol `u`, one undefined
/// `__cxa_thread_atexit`, and the flag of -z nodelete.
std::string small_elf() {
  std::string names{"\0u\0__cxa_thread_atexit\0", 23};
  Elf64_Sym unique{};
  unique.st_name = 1;
  unique.st_info = ELF64_ST_INFO(STB_GNU_UNIQUE, STT_OBJECT);
  unique.st_shndx = 1;
  Elf64_Sym undefined{};
  undefined.st_name = 3;
  undefined.st_shndx = SHN_UNDEF;
  auto symbols = raw(unique) + raw(undefined);
  Elf64_Dyn flags{};
  flags.d_tag = DT_FLAGS_1;
  flags.d_un.d_val = DF_1_NODELETE;
  auto dynamic = raw(flags) + raw(Elf64_Dyn{});
  auto header = good_header();
  header.e_shnum = 3;
  auto at = sizeof(header);
  auto body = names + symbols + dynamic;
  header.e_shoff = at + body.size();
  return raw(header) + body
         + raw(section(SHT_STRTAB, at, names.size(), 0))
         + raw(section(SHT_DYNSYM, at + names.size(), symbols.size(), 0))
         + raw(section(SHT_DYNAMIC, at + names.size() + symbols.size(),
                       dynamic.size(), 0));
}

std::string problem_of(const std::string& bytes) {
  auto report = scan_elf(bytes);
  return report ? "none" : report.error().message;
}

/// The message about a header that `change` has been at.
std::string problem_after(void (*change)(Elf64_Ehdr&)) {
  auto header = good_header();
  change(header);
  return problem_of(raw(header));
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("all that pins a plugin is found") {
  auto report = scan_elf(small_elf());
  REQUIRE(report);
  CHECK(report->unique_count == 1);
  CHECK(report->unique_symbols == std::vector<std::string>{"u"});
  CHECK(report->has_thread_destructors);
  CHECK(report->is_nodelete);
  CHECK(serval::unload_warnings(*report).size() == 3);
}

TEST_CASE("a real plugin that can be unloaded has nothing to warn of") {
  auto report = scan_elf(bytes_of(test_plugin("test_strategy")));
  REQUIRE(report);
  CHECK(serval::unload_warnings(*report).empty());
}

TEST_CASE("real plugins that cannot be unloaded are found out") {
  auto unique = scan_elf(bytes_of(test_plugin("gnu_unique")));
  REQUIRE(unique);
  CHECK(unique->unique_count >= 1);
  CHECK(!unique->has_thread_destructors);
  auto warnings = serval::unload_warnings(*unique);
  REQUIRE(warnings.size() == 1);
  CHECK(contains(warnings[0], "-fno-gnu-unique"));
  auto threads = scan_elf(bytes_of(test_plugin("tls_destructor")));
  REQUIRE(threads);
  CHECK(threads->unique_count == 0);
  CHECK(threads->has_thread_destructors);
}

TEST_CASE("a file that is no shared object for this machine is refused") {
  CHECK(contains(problem_of(""), "not in ELF format"));
  CHECK(contains(problem_of("\x7f" "EL"), "not in ELF format"));
  CHECK(contains(problem_of("#!/bin/sh\n"), "not in ELF format"));
  CHECK(contains(problem_of(raw(good_header()).substr(0, 20)), "cut short"));
  CHECK(contains(problem_after([](Elf64_Ehdr& header) {
                   header.e_ident[EI_CLASS] = ELFCLASS32;
                 }),
                 "64-bit"));
  CHECK(contains(problem_after([](Elf64_Ehdr& header) {
                   header.e_machine = EM_AARCH64;
                 }),
                 "another kind of processor"));
  CHECK(contains(problem_after([](Elf64_Ehdr& header) {
                   header.e_ident[EI_DATA] = ELFDATA2MSB;
                 }),
                 "another kind of processor"));
  CHECK(contains(problem_after([](Elf64_Ehdr& header) {
                   header.e_type = ET_EXEC;
                 }),
                 "-shared"));
  CHECK(contains(problem_after([](Elf64_Ehdr& header) {
                   header.e_shoff = ~std::uint64_t{0};
                   header.e_shnum = 1;
                 }),
                 "cut short"));
}

TEST_CASE("an object without section headers has an empty report") {
  auto report = scan_elf(raw(good_header()));
  REQUIRE(report);
  CHECK(serval::unload_warnings(*report).empty());
}

TEST_CASE("a file cut off anywhere is refused") {
  auto whole = small_elf();
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(!scan_elf(whole.substr(0, size)));
}

TEST_CASE("damage anywhere leads to a report or an error, nothing else") {
  const auto whole = small_elf();
  for (std::uint64_t seed = 1; seed <= 20000; ++seed) {
    serval::random_source random{seed};
    auto damaged = whole;
    for (auto flips = 1 + random.below(8); flips > 0; --flips)
      damaged[random.below(damaged.size())] = static_cast<char>(random());
    // The copy on the heap ends where the file does, so that a sanitizer sees
    // any access beyond it.
    std::string exact{damaged.begin(), damaged.end()};
    if (auto report = scan_elf(exact))
      CHECK(report->unique_symbols.size() <= 3);
  }
}
