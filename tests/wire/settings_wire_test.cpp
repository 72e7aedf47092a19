#include "wire/settings_wire.hpp"

#include "wire/worker_samples.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("settings keep keys, types and exact values") {
  reused_builder builder;
  builder.fresh();
  auto items = put_settings(builder, sample_settings());
  auto table = fbs::worker::CreateReconfigure(builder.get(), 1, items);
  builder.get().Finish(table);
  auto root = flatbuffers::GetRoot<fbs::worker::Reconfigure>(
    builder.get().GetBufferPointer());
  settings values;
  CHECK(read_settings(root->settings(), values));
  CHECK(values == sample_settings());
}
