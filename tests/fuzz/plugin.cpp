#include "targets.hpp"

#include "base/assert.hpp"
#include "input_reader.hpp"
#include "plugin/elf_scan.hpp"
#include "plugin/handshake.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

namespace serval {

namespace {

/// Tables as a plugin would hand them over, each in memory of just the size
/// that it says it has, so that a sanitizer sees a read beyond it.
class plugin_tables {
public:
  explicit plugin_tables(input_reader in) {
    serval_plugin plugin{};
    plugin.size = in.byte();
    plugin.abi_version = in.byte();
    auto backends = in.byte() % 8u;
    auto lies = in.byte();
    for (auto i = 0u; i < backends; ++i)
      backends_.push_back(in.byte() == 'n' ? nullptr : keep(read_backend(in)));
    plugin.backend_count = backends;
    plugin.backends = lies == 'n' ? nullptr : backends_.data();
    plugin_ = keep(plugin);
  }

  const serval_plugin* get() const {
    return plugin_;
  }

private:
  template <class T>
  const T* keep(const T& table) {
    auto bytes = std::clamp<std::size_t>(table.size, sizeof(table.size),
                                         sizeof(T));
    memory_.push_back(std::make_unique<char[]>(bytes));
    std::memcpy(memory_.back().get(), &table, bytes);
    return reinterpret_cast<const T*>(memory_.back().get());
  }

  static serval_backend_type read_backend(input_reader& in) {
    static constexpr std::array names = {"", "a", "b", "echo"};
    serval_backend_type table{};
    table.size = in.byte();
    auto name = in.byte();
    table.name = name < names.size() ? names[name] : nullptr;
    auto missing = in.byte();
    if (missing != 1)
      table.create = [](auto*, auto*) noexcept -> void* { return nullptr; };
    if (missing != 2)
      table.destroy = [](void*) noexcept {};
    if (missing != 3)
      table.handle = [](void*, auto*, serval_bytes, auto*) noexcept {
        return std::int32_t{0};
      };
    if (missing != 4)
      table.reconfigure = [](void*, auto*, auto*) noexcept {
        return std::int32_t{0};
      };
    if (missing != 5)
      table.warm_up = [](void*, auto*) noexcept { return std::int32_t{0}; };
    if (missing != 6)
      table.health = [](void*, auto*) noexcept { return std::int32_t{0}; };
    return table;
  }

  std::vector<std::unique_ptr<char[]>> memory_;
  std::vector<const serval_backend_type*> backends_;
  const serval_plugin* plugin_ = nullptr;
};

} // namespace

void fuzz_plugin(std::string_view input) {
  if (auto report = scan_elf(input)) {
    SERVAL_ASSERT(report->unique_symbols.size() <= report->unique_count);
    SERVAL_ASSERT(unload_warnings(*report).size() <= 3);
  }
  plugin_tables tables{input_reader{input}};
  if (auto checked = check_handshake(tables.get()); !checked)
    SERVAL_ASSERT(!checked.error().message.empty());
}

} // namespace serval
