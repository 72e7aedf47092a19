#pragma once

#include "model/app_spec.hpp"
#include "spec/document.hpp"

#include <array>
#include <string_view>

namespace serval {

/// The words for each `partition_policy`.
inline constexpr std::array<std::string_view, 3> partition_words
  = {"replace", "keep", "stop"};

/// The one mapping from documents to `app_spec`, shared by app.toml and the
/// control API. Notes all problems, also those that `validate` finds, each with
/// its place. "plugin_sha256" is known
/// only if `with_artifact` is set. REQUIRES: `document` holds a table.
app_spec read_spec(const doc_value& document, bool with_artifact,
                   problem_list& problems);

} // namespace serval
