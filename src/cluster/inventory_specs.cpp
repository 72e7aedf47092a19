#include "cluster/inventory_specs.hpp"

#include "base/sha256.hpp"
#include "spec/spec_json.hpp"

namespace serval {

namespace {

using shared_spec = std::shared_ptr<const app_spec>;

result<shared_spec> read_spec(const std::string& app, const std::string& text) {
  auto spec = parse_spec_json(text);
  if (!spec)
    return spec.error();
  if (!is_sha256_hex(spec->plugin_sha256))
    return error{errc::bad_request, app + " has a plugin without a SHA-256"};
  return std::make_shared<const app_spec>(std::move(spec).value());
}

} // namespace

result<named_releases> bind_specs(inventory_message& what) {
  named_releases named;
  for (const auto& each : what.releases) {
    auto spec = read_spec(what.app, each.spec);
    if (!spec)
      return spec.error();
    named[each.number] = std::move(spec).value();
  }
  auto name = [&](release_number number) -> result<shared_spec> {
    if (auto found = named.find(number); found != named.end())
      return found->second;
    return error{errc::bad_request,
                 "it has release " + std::to_string(number.value) + " of "
                   + what.app + ", and does not say what that is"};
  };
  for (auto& worker : what.has.workers) {
    auto other = what.other_specs.find(worker.key.id);
    auto spec = other != what.other_specs.end()
                  ? read_spec(what.app, other->second)
                  : name(worker.release);
    if (!spec)
      return spec.error();
    worker.spec = std::move(spec).value();
  }
  if (!what.has.table)
    return named;
  auto table = std::make_shared<app_table>(*what.has.table);
  for (auto& release : table->releases) {
    auto spec = name(release.release);
    if (!spec)
      return spec.error();
    release.spec = std::move(spec).value();
  }
  what.has.table = std::move(table);
  return named;
}

} // namespace serval
