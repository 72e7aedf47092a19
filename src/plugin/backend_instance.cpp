#include "plugin/backend_instance.hpp"

#include "plugin/plugin_settings.hpp"

#include <string>

namespace serval {

namespace {

serval_sink text_sink(std::string& text) {
  return {&text, [](void* out, serval_bytes bytes) noexcept {
            static_cast<std::string*>(out)->append(bytes.data, bytes.size);
          }};
}

} // namespace

result<std::shared_ptr<backend_instance>>
backend_instance::make(std::shared_ptr<plugin_library> plugin,
                       std::string_view name, const settings& config) {
  std::string label{name};
  const auto* type = plugin->find_backend(name);
  if (type == nullptr)
    return error{errc::bad_plugin, "the plugin has no backend '" + label + "'"};
  plugin_settings values{config};
  std::string trouble;
  auto sink = text_sink(trouble);
  auto* object = type->create(values.get(), &sink);
  if (object == nullptr)
    return error{errc::user_error,
                 "backend '" + label + "' could not be constructed: "
                   + trouble};
  std::shared_ptr<backend_instance> made(
    new backend_instance(std::move(plugin), type, object));
  if (type->warm_up(object, &sink) != 0)
    return error{errc::user_error,
                 "backend '" + label + "' could not be warmed up: " + trouble};
  if (auto healthy = made->check_health(); !healthy)
    return healthy.error();
  return made;
}

result<void> backend_instance::check_health() const {
  std::string trouble;
  auto sink = text_sink(trouble);
  if (type_->health(object_, &sink) == 0)
    return {};
  return error{errc::user_error, "backend '" + std::string{type_->name}
                                   + "' is not healthy: " + trouble};
}

backend_instance::backend_instance(std::shared_ptr<plugin_library> plugin,
                                   const serval_backend_type* type,
                                   void* object)
  : plugin_(std::move(plugin)), type_(type), object_(object) {
  // nop
}

backend_instance::~backend_instance() {
  type_->destroy(object_);
}

} // namespace serval
