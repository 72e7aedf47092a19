#include "plugin/elf_scan.hpp"

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

namespace serval {

namespace {

constexpr std::size_t names_max = 3;

error bad(const char* why) {
  return {errc::bad_plugin, std::string{"the file is no plugin: "} + why};
}

/// Access to a file's bytes that never leaves them.
class elf_file {
public:
  explicit elf_file(std::string_view bytes) : bytes_(bytes) {
    // nop
  }

  /// The T at `offset`, copied as it may be unaligned; nothing if any of it
  /// lies beyond the end.
  template <class T>
  std::optional<T> read(std::uint64_t offset) const {
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T))
      return std::nullopt;
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    return value;
  }

  /// What a section says its content is, cut off at the end of the file.
  std::string_view content(const Elf64_Shdr& section) const {
    if (section.sh_type == SHT_NOBITS || section.sh_offset > bytes_.size())
      return {};
    return bytes_.substr(section.sh_offset, section.sh_size);
  }

private:
  std::string_view bytes_;
};

/// The NUL-terminated name at `offset` of a string table, or nothing.
std::string_view name_at(std::string_view table, std::uint32_t offset) {
  if (offset >= table.size())
    return {};
  auto rest = table.substr(offset);
  auto end = rest.find('\0');
  return end == std::string_view::npos ? std::string_view{}
                                       : rest.substr(0, end);
}

void scan_symbols(std::string_view symbols, std::string_view names,
                  elf_report& report) {
  elf_file table{symbols};
  for (std::uint64_t at = 0;; at += sizeof(Elf64_Sym)) {
    auto symbol = table.read<Elf64_Sym>(at);
    if (!symbol)
      return;
    auto name = name_at(names, symbol->st_name);
    if (ELF64_ST_BIND(symbol->st_info) == STB_GNU_UNIQUE) {
      ++report.unique_count;
      if (report.unique_symbols.size() < names_max)
        report.unique_symbols.emplace_back(name);
    }
    if (symbol->st_shndx == SHN_UNDEF
        && (name == "__cxa_thread_atexit"
            || name == "__cxa_thread_atexit_impl"))
      report.has_thread_destructors = true;
  }
}

void scan_dynamic(std::string_view entries, elf_report& report) {
  elf_file table{entries};
  for (std::uint64_t at = 0;; at += sizeof(Elf64_Dyn)) {
    auto entry = table.read<Elf64_Dyn>(at);
    if (!entry || entry->d_tag == DT_NULL)
      return;
    if (entry->d_tag == DT_FLAGS_1 && (entry->d_un.d_val & DF_1_NODELETE))
      report.is_nodelete = true;
  }
}

result<Elf64_Ehdr> read_header(const elf_file& file) {
  auto ident = file.read<std::uint32_t>(0);
  if (!ident || std::memcmp(&*ident, ELFMAG, SELFMAG) != 0)
    return bad("it is not in ELF format");
  auto header = file.read<Elf64_Ehdr>(0);
  if (!header)
    return bad("it is cut short");
  if (header->e_ident[EI_CLASS] != ELFCLASS64)
    return bad("it is not a 64-bit object");
  if (header->e_ident[EI_DATA] != ELFDATA2LSB
      || header->e_machine != EM_X86_64)
    return bad("it was built for another kind of processor");
  if (header->e_type != ET_DYN)
    return bad("it is not a shared object; link it with -shared");
  return *header;
}

} // namespace

result<elf_report> scan_elf(std::string_view bytes) {
  elf_file file{bytes};
  auto header = read_header(file);
  if (!header)
    return header.error();
  elf_report report;
  if (header->e_shoff == 0 || header->e_shentsize != sizeof(Elf64_Shdr))
    return report;
  auto section_at = [&](std::uint64_t index) {
    auto offset = index * sizeof(Elf64_Shdr);
    return header->e_shoff > bytes.size()
             ? std::nullopt
             : file.read<Elf64_Shdr>(header->e_shoff + offset);
  };
  // A valid object has one section of each kind. Reading no more of them bounds
  // the work that a file can ask for.
  auto dynamic_seen = false;
  auto symbols_seen = false;
  for (std::uint32_t i = 0; i < header->e_shnum; ++i) {
    auto section = section_at(i);
    if (!section)
      return bad("it is cut short");
    if (section->sh_type == SHT_DYNAMIC && !std::exchange(dynamic_seen, true))
      scan_dynamic(file.content(*section), report);
    if (section->sh_type != SHT_DYNSYM || std::exchange(symbols_seen, true))
      continue;
    auto names = section_at(section->sh_link);
    scan_symbols(file.content(*section),
                 names ? file.content(*names) : std::string_view{}, report);
  }
  return report;
}

std::vector<std::string> unload_warnings(const elf_report& report) {
  std::vector<std::string> warnings;
  if (report.unique_count > 0) {
    std::string names;
    for (const auto& name : report.unique_symbols)
      names += (names.empty() ? "" : ", ") + name;
    if (report.unique_count > report.unique_symbols.size())
      names += ", …";
    warnings.push_back("the plugin has "
                       + std::to_string(report.unique_count)
                       + " STB_GNU_UNIQUE symbols (" + names
                       + ") and can never be unloaded; build it with "
                         "-fno-gnu-unique");
  }
  if (report.has_thread_destructors)
    warnings.push_back("the plugin has thread_local objects with destructors "
                       "and cannot be unloaded while a thread that used them "
                       "lives; make them trivially destructible");
  if (report.is_nodelete)
    warnings.push_back("the plugin was linked with -z nodelete and can never "
                       "be unloaded");
  return warnings;
}

} // namespace serval
