#pragma once

#include "model/app_spec.hpp"
#include "spec/document.hpp"

namespace serval {

/// How many workers a backend may have.
inline constexpr std::uint32_t workers_max = 100'000;

/// Every rule that a spec must keep whatever it was written in. The problems'
/// `where` is empty. `plugin_sha256` may be empty here: a spec has none before
/// its plugin is uploaded.
problem_list validate(const app_spec& spec);

/// Whether `name` may name an application or a backend: 1 to 64 letters,
/// digits, "_" and "-", not beginning with "-".
bool is_valid_name(std::string_view name) noexcept;

} // namespace serval
