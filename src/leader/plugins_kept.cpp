#include "leader/plugins_kept.hpp"

#include "app_master/desired_app.hpp"

namespace serval {

result<std::set<std::string>> plugins_kept(store& from) {
  auto names = from.applications();
  if (!names)
    return names.error();
  std::set<std::string> plugins;
  for (const auto& name : *names) {
    auto journal = from.read(name);
    if (!journal)
      return journal.error();
    auto app = replay(*journal);
    for (const auto* release : {&app.serving, &app.previous, &app.target}) {
      if (!*release)
        continue;
      if (!(*release)->spec)
        return error{errc::corrupt, "a release of application \"" + name
                                      + "\" cannot be read: "
                                      + (*release)->problem};
      plugins.insert((*release)->spec->plugin_sha256);
    }
  }
  return plugins;
}

} // namespace serval
