/* The C ABI between Serval and a strategy plugin.
 *
 * Most users never read this file: `serval/serval.hpp` is the C++ face of it.
 *
 * A plugin is a shared object that exports one symbol, `serval_plugin_entry`.
 * Serval calls it once after loading, with the table of functions that the
 * host offers, and gets back a description of the plugin's backends. All other
 * traffic goes through the two tables.
 *
 * Rules for both sides
 * - Nothing but C types crosses. No function may let an exception escape.
 * - Every struct begins with its `size` in bytes as the writer knows it. A
 *   reader touches only members that lie within that size, so a later version
 *   may append members without breaking an earlier one. Members are never
 *   reordered or given a new meaning; that takes a new SERVAL_ABI_VERSION.
 * - `serval_bytes` is a view. Who lends it says how long it lives.
 * - Times are nanoseconds. A deadline is handed over as the time that remains.
 *
 * Threads
 * - All functions of one backend instance run on one thread at a time, its
 *   worker's user thread (its home loop when isolation is "inline"). Other
 *   instances of the same backend may run on other threads at the same time.
 * - `handle` runs in a fiber of that thread. Several calls of one instance may
 *   be under way at once, each in a fiber of its own, never in parallel; they
 *   take turns only inside `suspend`.
 * - The functions of the host table that take a `serval_call` may be called
 *   only from within the `handle` of that very call, on its fiber.
 */
#ifndef SERVAL_PLUGIN_H
#define SERVAL_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define SERVAL_NOEXCEPT noexcept
extern "C" {
#else
#define SERVAL_NOEXCEPT
#endif

/* Host and plugin must have been built with the same number. */
#define SERVAL_ABI_VERSION 1u

/* The name under which Serval looks up the entry function. */
#define SERVAL_PLUGIN_ENTRY_NAME "serval_plugin_entry"

/* A borrowed run of bytes, not NUL-terminated. `data` may be NULL if `size`
 * is 0. */
typedef struct serval_bytes {
  const char* data;
  size_t size;
} serval_bytes;

/* Where a function puts bytes for its caller. `write` copies `bytes` at once
 * and may be called more than once; the pieces are joined in order. The sink
 * is valid until the function that received it returns. */
typedef struct serval_sink {
  void* context;
  void (*write)(void* context, serval_bytes bytes) SERVAL_NOEXCEPT;
} serval_sink;

/* What `handle` returns. A value from 400 to 499 rejects the request: on the
 * entry backend it becomes the HTTP status, on a deeper one an entry of its
 * parent's missing pieces. */
enum serval_handle_status {
  SERVAL_HANDLE_OK = 0,       /* the sink holds the result */
  SERVAL_HANDLE_FAILED = 1,   /* the sink holds a message for the operator */
  SERVAL_HANDLE_CANCELLED = 2 /* left early because the call was cancelled */
};

/* How a call or a piece of a map ended. Never renumber. */
typedef enum serval_outcome {
  SERVAL_OUTCOME_OK = 0,
  SERVAL_OUTCOME_FAILED = 1,      /* user code threw or returned failure */
  SERVAL_OUTCOME_REJECTED = 2,    /* user code refused it with a 4xx status */
  SERVAL_OUTCOME_DEADLINE = 3,    /* the deadline passed */
  SERVAL_OUTCOME_CANCELLED = 4,   /* somebody above gave up waiting */
  SERVAL_OUTCOME_OVERLOAD = 5,    /* a queue or budget was full */
  SERVAL_OUTCOME_NO_WORKER = 6,   /* the backend has no worker that serves */
  SERVAL_OUTCOME_WORKER_DIED = 7, /* its process ended while it ran */
  SERVAL_OUTCOME_NOT_NEEDED = 8,  /* the map's policy was met without it */
  SERVAL_OUTCOME_INVALID = 9      /* unknown backend, or nested too deeply */
} serval_outcome;

/* When a map counts as done. Never renumber. */
typedef enum serval_map_policy {
  SERVAL_MAP_ALL = 0,    /* every piece has ended */
  SERVAL_MAP_QUORUM = 1, /* `quorum` pieces succeeded, or that became
                            impossible */
  SERVAL_MAP_BEST_BY = 2 /* every piece has ended, or `best_by_ns` passed */
} serval_map_policy;

typedef enum serval_log_level {
  SERVAL_LOG_DEBUG = 0,
  SERVAL_LOG_INFO = 1,
  SERVAL_LOG_WARNING = 2,
  SERVAL_LOG_ERROR = 3
} serval_log_level;

typedef enum serval_setting_type {
  SERVAL_SETTING_TEXT = 0,    /* value is the string itself */
  SERVAL_SETTING_INTEGER = 1, /* value is decimal digits, maybe with a sign */
  SERVAL_SETTING_NUMBER = 2,  /* value is a decimal floating point number */
  SERVAL_SETTING_FLAG = 3,    /* value is "true" or "false" */
  SERVAL_SETTING_JSON = 4     /* value is a JSON array or object */
} serval_setting_type;

/* One key of the backend's configuration, `[config]` overlaid by
 * `[backend.NAME.config]`. */
typedef struct serval_setting {
  serval_bytes key;
  serval_bytes value;
  uint32_t type; /* serval_setting_type */
} serval_setting;

typedef struct serval_settings {
  uint32_t size;
  uint32_t count;
  const serval_setting* items; /* sorted by key */
} serval_settings;

/* A call under way, known by this handle to the host. */
typedef struct serval_call serval_call;

/* A map under way or done. Belongs to the call that began it, which must give
 * it back with `map_end` before `handle` returns. */
typedef struct serval_map serval_map;

typedef struct serval_map_request {
  uint32_t size;
  uint32_t policy; /* serval_map_policy */
  serval_bytes backend;
  /* The bytes of the pieces are copied before `map_begin` returns. */
  const serval_bytes* pieces;
  size_t piece_count;
  size_t quorum;      /* for SERVAL_MAP_QUORUM */
  int64_t best_by_ns; /* for SERVAL_MAP_BEST_BY, from now */
} serval_map_request;

typedef struct serval_piece_result {
  uint32_t size;
  uint32_t outcome;       /* serval_outcome */
  uint32_t reject_status; /* 400…499 if the outcome is REJECTED, else 0 */
  /* The result if the outcome is OK, else what is known about the failure.
   * Lives until `map_end`. */
  serval_bytes body;
} serval_piece_result;

/* Called by the host on the call's own thread, outside any fiber, when what
 * was begun is done. It may do nothing but call `resume`. */
typedef void (*serval_on_done)(void* user);

/* What the host offers to user code. Lives as long as the plugin is loaded. */
typedef struct serval_host {
  uint32_t size;
  uint32_t abi_version;

  /* Time left until the call's deadline; zero or less once it has passed. */
  int64_t (*remaining_ns)(serval_call* call) SERVAL_NOEXCEPT;
  /* Nonzero once nobody waits for the call any more (this includes a passed
   * deadline). */
  int (*cancelled)(serval_call* call) SERVAL_NOEXCEPT;
  /* The id of the external request that this call is part of. Lives as long as
   * the call. */
  serval_bytes (*request_id)(serval_call* call) SERVAL_NOEXCEPT;
  /* Writes a line to the operator's log. `call` may be NULL outside `handle`,
   * and then any thread may call it. */
  void (*log)(serval_call* call, uint32_t level, serval_bytes text)
    SERVAL_NOEXCEPT;

  /* Hands pieces to the workers of a backend of the same application. Never
   * blocks, never runs user code. Calls `on_done(user)` once, later, unless
   * `map_end` comes first. Returns NULL only if memory is out; any other
   * trouble shows as outcomes of pieces. */
  serval_map* (*map_begin)(serval_call* call, const serval_map_request* request,
                           serval_on_done on_done, void* user) SERVAL_NOEXCEPT;
  /* Reads the result of piece `index`. REQUIRES: the map is done. */
  void (*map_result)(serval_map* map, size_t index,
                     serval_piece_result* result) SERVAL_NOEXCEPT;
  /* Ends a map: cancels what still runs, frees the results. */
  void (*map_end)(serval_map* map) SERVAL_NOEXCEPT;

  /* Starts a timer of `ns` from now that calls `on_done(user)` once. At most
   * one timer per call. Unlike a map it does not give the call's slot back. */
  void (*sleep_begin)(serval_call* call, int64_t ns, serval_on_done on_done,
                      void* user) SERVAL_NOEXCEPT;

  /* Leaves the call's fiber until `resume` or until the call is cancelled,
   * whichever is first. Returns nonzero if the call is cancelled; the caller
   * should then unwind and return SERVAL_HANDLE_CANCELLED. A pending timer is
   * dropped when `suspend` returns. It may return early without a reason: the
   * caller checks in its own state whether what it waits for has come. */
  int (*suspend)(serval_call* call) SERVAL_NOEXCEPT;
  /* Marks a suspended call ready; it runs later. Only from `on_done`. */
  void (*resume)(serval_call* call) SERVAL_NOEXCEPT;
} serval_host;

/* One kind of backend that the plugin offers. */
typedef struct serval_backend_type {
  uint32_t size;
  /* Unique in the plugin; what `[backend.NAME]` refers to. */
  const char* name;
  /* Makes an instance, one per worker. Returns NULL on failure, with a message
   * for the operator in `error`. Runs outside any fiber and may block. The
   * settings live until it returns. */
  void* (*create)(const serval_settings* settings, serval_sink* error)
    SERVAL_NOEXCEPT;
  void (*destroy)(void* self) SERVAL_NOEXCEPT;
  /* Answers one request. Returns a serval_handle_status or 400…499, with the
   * result or message in `reply`. `request` lives until it returns. */
  int32_t (*handle)(void* self, serval_call* call, serval_bytes request,
                    serval_sink* reply) SERVAL_NOEXCEPT;
  /* Takes new settings between two calls' turns. Returns 0, or nonzero with a
   * message, and then the old settings stay in force. */
  int32_t (*reconfigure)(void* self, const serval_settings* settings,
                         serval_sink* error) SERVAL_NOEXCEPT;
  /* Runs once before the instance gets traffic; may block. 0 is success. */
  int32_t (*warm_up)(void* self, serval_sink* error) SERVAL_NOEXCEPT;
  /* Says whether the instance can do its work; must be quick. 0 is healthy.
   * Runs after `warm_up`, and then from time to time between calls' turns. */
  int32_t (*health)(void* self, serval_sink* error) SERVAL_NOEXCEPT;
} serval_backend_type;

typedef struct serval_plugin {
  uint32_t size;
  uint32_t abi_version;    /* SERVAL_ABI_VERSION of the plugin's build */
  const char* sdk_version; /* for messages only */
  uint32_t backend_count;
  const serval_backend_type* const* backends;
} serval_plugin;

/* The one exported function. Returns a table that lives as long as the plugin
 * is loaded, or NULL if the plugin cannot work with this host. The host first
 * checks `abi_version`, and touches nothing else if it differs. */
typedef const serval_plugin* (*serval_plugin_entry_function)(
  const serval_host* host);

#ifdef __cplusplus
}
#endif

#endif
