#pragma once

#include "model/app_spec.hpp"
#include "wire/builder.hpp"
#include "worker_generated.h"

namespace serval {

// `settings` as the wire knows them. Inside src/wire only.

using settings_offset = flatbuffers::Offset<
  flatbuffers::Vector<flatbuffers::Offset<fbs::worker::Setting>>>;

settings_offset put_settings(reused_builder& builder, const settings& values);

/// False if a value is not of the type that it claims, or a key comes twice.
bool read_settings(
  const flatbuffers::Vector<flatbuffers::Offset<fbs::worker::Setting>>* items,
  settings& values);

} // namespace serval
