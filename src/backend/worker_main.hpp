#pragma once

namespace serval {

/// What a process that a `spawner` started does with its life: `main` calls it
/// before it starts anything, if the first argument is "worker". The arguments
/// after it, what the worker is and the plugin's name, are for people only.
/// Returns only if the process was started in another way.
int worker_main(int argc, char** argv);

} // namespace serval
