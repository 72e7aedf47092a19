// Written against the C ABI alone; its `create` fails with a message.

#include "serval/plugin.h"

namespace {

void* create(const serval_settings*, serval_sink* error) noexcept {
  error->write(error->context, {"out of ", 7});
  error->write(error->context, {"luck", 4});
  return nullptr;
}

void destroy(void*) noexcept {
  // nop
}

int32_t handle(void*, serval_call*, serval_bytes, serval_sink*) noexcept {
  return SERVAL_HANDLE_OK;
}

int32_t reconfigure(void*, const serval_settings*, serval_sink*) noexcept {
  return 0;
}

int32_t ready(void*, serval_sink*) noexcept {
  return 0;
}

const serval_backend_type type{sizeof(serval_backend_type),
                               "echo",
                               create,
                               destroy,
                               handle,
                               reconfigure,
                               ready,
                               ready};

const serval_backend_type* const types[] = {&type};

const serval_plugin plugin{sizeof(serval_plugin), SERVAL_ABI_VERSION, "none", 1,
                           types};

} // namespace

extern "C" [[gnu::visibility("default")]] const serval_plugin*
serval_plugin_entry(const serval_host*) {
  return &plugin;
}
