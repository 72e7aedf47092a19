#pragma once

namespace serval {

/// What a process that a `spawner` started does with its life. The arguments
/// say what the worker is and the plugin's name, and are for people only.
/// Returns only if the process was started in another way.
int worker_main(int argc, char** argv);

} // namespace serval
