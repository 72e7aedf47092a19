#pragma once

#include "base/result.hpp"
#include "model/app_spec.hpp"
#include "plugin/plugin_library.hpp"

#include <memory>
#include <string_view>

namespace serval {

/// One instance of a backend, made, warm and healthy, and what it needs to
/// live.
class backend_instance {
public:
  /// Constructs and warms an instance of `name` and asks for its health. Runs
  /// user code that may block; in a process that user code must not hurt, only
  /// if it is trusted.
  static result<std::shared_ptr<backend_instance>>
  make(std::shared_ptr<plugin_library> plugin, std::string_view name,
       const settings& config);

  backend_instance(const backend_instance&) = delete;
  backend_instance& operator=(const backend_instance&) = delete;

  ~backend_instance();

  /// Asks user code whether it can do its work.
  result<void> check_health() const;

  const serval_backend_type& type() const noexcept {
    return *type_;
  }

  void* object() const noexcept {
    return object_;
  }

private:
  backend_instance(std::shared_ptr<plugin_library> plugin,
                   const serval_backend_type* type, void* object);

  std::shared_ptr<plugin_library> plugin_;
  const serval_backend_type* type_;
  void* object_;
};

} // namespace serval
