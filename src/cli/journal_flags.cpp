#include "cli/journal_flags.hpp"

#include <CLI/CLI.hpp>

namespace serval {

void add_journal_commands(CLI::App& app, journal_options& options,
                          const bool& json, std::function<int()>& chosen) {
  auto* journal = app.add_subcommand(
    "journal", "look at the journals in a data directory without a daemon");
  journal->require_subcommand(1);
  journal->fallthrough();
  auto add = [&](const char* name, const char* what) {
    auto* command = journal->add_subcommand(name, what);
    command->add_option("DIR", options.data_dir, "a data_dir or a backup")
      ->required()
      ->type_name("");
    return command;
  };
  auto* dump = add("dump", "print every change that can be read");
  dump->add_option("--app", options.app, "of this application only")
    ->type_name("APP");
  dump->callback([&options, &json, &chosen] {
    chosen = [&options, &json] { return journal_dump_command(options, json); };
  });
  add("verify", "check that the journals are whole")
    ->callback([&options, &json, &chosen] {
      chosen
        = [&options, &json] { return journal_verify_command(options, json); };
    });
}

} // namespace serval
