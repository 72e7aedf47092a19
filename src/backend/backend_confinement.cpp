#include "backend/backend_confinement.hpp"

#include <algorithm>

namespace serval {

confinement confinement_of(const app_spec& app, const backend_spec& backend) {
  confinement how;
  how.strict = backend.sandbox == sandbox::strict;
  how.read = readable_paths(app, backend);
  if (backend.memory_bytes != 0)
    how.memory_max_bytes
      = memory_max_factor * backend.memory_bytes + stacks_bytes;
  return how;
}

confinement probe_confinement(const app_spec& app) {
  confinement how;
  auto unlimited = false;
  for (auto& backend : app.backends) {
    auto own = confinement_of(app, backend);
    // What runs in the daemon itself may do all that the daemon may.
    how.strict &= own.strict && backend.isolation == isolation::process;
    how.read.insert(how.read.end(), own.read.begin(), own.read.end());
    how.memory_max_bytes = std::max(how.memory_max_bytes, own.memory_max_bytes);
    unlimited |= own.memory_max_bytes == 0;
  }
  if (unlimited)
    how.memory_max_bytes = 0;
  std::ranges::sort(how.read);
  auto twice = std::ranges::unique(how.read);
  how.read.erase(twice.begin(), twice.end());
  return how;
}

} // namespace serval
