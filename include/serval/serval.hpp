#pragma once

// Start here.
//
// A strategy is user logic that Serval keeps resident and serves to clients. It
// is made of layers. Each layer is a backend: a class with one function that
// turns a request into a response, both plain bytes. A backend may hand pieces
// of its work to the backend below and merge their answers, so that three
// nested loops become three small classes:
//
//     struct bank : serval::backend {
//       std::string handle(serval::context& ctx,
//                          std::string_view request) override {
//         auto pieces = split(request);
//         auto parts = ctx.map("indicator", pieces);
//         return merge(parts);
//       }
//     };
//
//     SERVAL_EXPORT(serval::as<strategy>("strategy"),
//                   serval::as<bank>("bank"),
//                   serval::as<indicator>("indicator"))
//
// `map` looks like a loop and is one, run by many workers at once: Serval
// chooses a worker for each piece, on this machine or another, and carries on
// with `handle` where it left off once the answers are there. Meanwhile the
// worker answers other requests; no thread waits.
//
// Words
// - A *plugin* is the shared object that holds the classes of one strategy.
// - An *application* is a plugin deployed with an app.toml, which names the
//   entry backend and says how many workers each backend has.
// - A *worker* is one resident instance of a backend.
// - A *request* enters at the entry backend and becomes a tree of *calls*.
//
// Failure. A call ends with an answer, or in one of a few ways that
// `call_outcome` lists. A piece that fails does not fail the map: it is in
// `missing()`, with the reason, and the parent decides what the answer is worth
// without it. When the request's deadline passes, `map` throws `cancelled` on
// every layer, destructors run, and the client hears 504.
//
// Build: g++ -std=c++20 -O2 -shared -fPIC -fno-gnu-unique -fvisibility=hidden
//            -Wl,-Bsymbolic -I include my_strategy.cpp -o my_strategy.so
// Test:  serval/testing.hpp runs backends in a unit test, without a daemon.
// JSON:  serval/json.hpp, for plugins that want typed bodies.

#include "serval/backend.hpp"    // the class to derive from
#include "serval/config.hpp"     // what the operator set in app.toml
#include "serval/context.hpp"    // map, call, sleep, deadline, log
#include "serval/error.hpp"      // reject, cancelled, call_outcome
#include "serval/export.hpp"     // SERVAL_EXPORT
#include "serval/map_result.hpp" // until, map_result
