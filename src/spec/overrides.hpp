#pragma once

#include "spec/document.hpp"

#include <string_view>

namespace serval {

/// Puts the value of an override such as "http.body_max=1MiB" into a document.
/// The value is TOML if it parses as such and the value that it replaces has
/// the same type, else it is a plain string. A reader that wants a string takes
/// any override for one. Notes what is wrong with the override itself;
/// whether the key exists is for the reader to say.
void apply_override(doc_value& document, std::string_view text,
                    problem_list& problems);

/// As above for an application spec, where only "config.K=V",
/// "backend.NAME.K=V" and "backend.NAME.config.K=V" may be set, and only of
/// backends that the document names.
void apply_spec_override(doc_value& document, std::string_view text,
                         problem_list& problems);

} // namespace serval
