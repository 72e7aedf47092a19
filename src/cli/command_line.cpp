#include "cli/command_line.hpp"

#include "cli/admin_client.hpp"
#include "cli/bench_options.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/journal_flags.hpp"
#include "cli/node_flags.hpp"
#include "cli/output.hpp"
#include "cli/token_file.hpp"

#include "base/version.hpp"
#include "spec/units.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <functional>
#include <sstream>

namespace serval {

namespace {

constexpr auto footer = R"(
Exit codes: 0 done; 1 failed, the reason is the last line on standard error;
2 wrong usage; 3 no daemon answers.
The daemon is found by --admin, $SERVAL_ADMIN or 127.0.0.1:9470; with https://
before it, its certificate is checked by --ca-file or $SERVAL_CA_FILE, and our
own is in --certificate-file and --key-file, or $SERVAL_CERTIFICATE_FILE and
$SERVAL_KEY_FILE.
A token is taken from --token-file or $SERVAL_TOKEN.
NO_COLOR turns colours off.)";

/// Accepts what `parse_duration` reads.
std::string check_duration(const std::string& text) {
  auto parsed = parse_duration(text);
  return parsed ? std::string{} : parsed.error().message;
}

/// What the user typed, else what the environment says.
std::string setting_of(const std::string& typed, const char* variable) {
  const auto* value = std::getenv(variable);
  return !typed.empty() || value == nullptr ? typed : value;
}

/// The token to show, if any. There is no option for the token itself, since
/// everybody on the machine can read command lines.
result<std::string> find_token(const std::string& file) {
  if (!file.empty())
    return read_token_file(file);
  return setting_of({}, "SERVAL_TOKEN");
}

/// All commands and what was typed for them.
class command_line {
public:
  command_line() {
    app_.description("Serval, an online serving server");
    app_.footer(footer);
    app_.set_version_flag("--version",
                          fmt::format("serval {}", product_version));
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.add_option("--admin", admin_,
                    "the daemon's control API, HOST:PORT or https://HOST:PORT")
      ->type_name("ADDRESS");
    app_.add_option("--ca-file", ca_file_,
                    "the authority of the daemon's certificate, in PEM")
      ->type_name("FILE");
    app_.add_option("--certificate-file", certificate_file_,
                    "our own certificate, where the daemon wants one, in PEM")
      ->type_name("FILE");
    app_.add_option("--key-file", key_file_, "its key, in PEM")
      ->type_name("FILE");
    app_.add_option("--token-file", token_file_,
                    "a file with the token to show, readable by you alone")
      ->type_name("FILE");
    app_.add_flag("--json", client_.json, "print JSON");
    add_node_commands(app_, client_, node_, chosen_);
    add_config();
    add_deploy();
    add_status();
    add_why();
    add_history();
    add_call();
    add_scale();
    add_delete();
    add_orphans();
    add_restart();
    add_run();
    add_bench();
    add_journal_commands(app_, journal_, client_.json, chosen_);
    add_backup();
    add_store();
    add_token();
    add_cert();
    add_command("version", "print the version",
                [this] { return version_command(client_.json); });
  }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      return explain(e);
    }
    client_.admin.address = admin_client::find_address(admin_);
    client_.admin.ca_file = setting_of(ca_file_, "SERVAL_CA_FILE");
    client_.admin.own
      = {setting_of(certificate_file_, "SERVAL_CERTIFICATE_FILE"),
         setting_of(key_file_, "SERVAL_KEY_FILE"),
         {}};
    auto token = find_token(token_file_);
    if (!token)
      return fail(token.error());
    client_.admin.token = std::move(*token);
    return chosen_();
  }

private:
  using action = std::function<int()>;

  CLI::App* add_command(const std::string& name, const std::string& what,
                        action run) {
    auto* command = app_.add_subcommand(name, what);
    command->callback([this, run = std::move(run)] { chosen_ = run; });
    return command;
  }

  static void add_overrides(CLI::App* command,
                            std::vector<std::string>& overrides,
                            const std::string& what) {
    command->add_option("--set", overrides, what)
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  }

  CLI::Option* add_timeout(CLI::App* command, const std::string& what) {
    return command->add_option("--timeout", timeout_, what)
      ->type_name("DURATION")
      ->check(CLI::Validator(check_duration, ""));
  }

  static void add_reason(CLI::App* command, std::string& reason) {
    command->add_option("--reason", reason, "why, for the journal")
      ->type_name("TEXT");
  }

  std::optional<duration> timeout() const {
    if (timeout_.empty())
      return {};
    return parse_duration(timeout_).value();
  }

  void add_config() {
    auto* config = app_.add_subcommand("config", "look at configurations");
    config->require_subcommand(1);
    config->fallthrough();
    auto* check = config->add_subcommand("check", "check a node's file");
    check->add_option("FILE", node_.config_path, "the file")
      ->required()
      ->type_name("");
    add_overrides(check, node_.overrides, "override section.key=value");
    check->callback([this] {
      chosen_ = [this] { return config_check_command(node_, client_.json); };
    });
  }

  void add_deploy() {
    auto* deploy
      = add_command("deploy", "deploy an application, and wait until it serves",
                    [this] {
                      deploy_.timeout
                        = timeout().value_or(std::chrono::minutes{2});
                      deploy_.wait = !no_wait_;
                      return deploy_command(client_, deploy_);
                    });
    deploy->add_option("FILE", deploy_.spec_path, "its app.toml")
      ->required()
      ->type_name("");
    add_overrides(deploy, deploy_.overrides,
                  "override config.KEY=VALUE or backend.NAME.KEY=VALUE");
    deploy->add_flag("--no-wait", no_wait_, "return once it is accepted");
    add_timeout(deploy, "how long to wait (2m)");
    add_reason(deploy, deploy_.reason);
  }

  void add_status() {
    auto* status
      = add_command("status", "show all applications, or one in full",
                    [this] { return status_command(client_, app_name_); });
    status->add_option("APP", app_name_, "the application")->type_name("");
  }

  void add_why() {
    auto* why
      = add_command("why", "show the last decisions about an application",
                    [this] { return why_command(client_, why_); });
    why->add_option("APP", why_.app, "the application")
      ->required()
      ->type_name("");
    why->add_option("--last", why_.last, "show so many decisions (20)")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  }

  void add_history() {
    auto* history
      = add_command("history", "show an application's changes, and who made "
                               "them",
                    [this] { return history_command(client_, app_name_); });
    history->add_option("APP", app_name_, "the application")
      ->required()
      ->type_name("");
  }

  void add_call() {
    auto* call = add_command(
      "call", "send a request; the answer's body goes to standard output",
      [this] {
        call_.timeout = timeout();
        return call_command(client_, call_);
      });
    call->add_option("APP", call_.app, "the application")
      ->required()
      ->type_name("");
    call->add_option("--data", call_.data, "the body; @FILE reads a file, - "
                                           "standard input")
      ->type_name("DATA");
    call_.method = "POST";
    call->add_option("--method", call_.method, "the HTTP method")
      ->type_name("METHOD")
      ->check(CLI::IsMember({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}));
    call->add_flag("--rpc", call_.rpc, "over RPC instead of HTTP");
    add_timeout(call, "the request's deadline");
  }

  void add_scale() {
    auto* scale
      = add_command("scale", "set numbers of workers",
                    [this] { return scale_command(client_, scale_); });
    scale->add_option("APP", scale_.app, "the application")
      ->required()
      ->type_name("");
    scale->add_option("BACKEND=WORKERS", scale_.targets, "what to set")
      ->required()
      ->type_name("");
    add_reason(scale, scale_.reason);
  }

  void add_delete() {
    auto* remove
      = add_command("delete", "stop and forget an application",
                    [this] { return delete_command(client_, delete_); });
    remove->add_option("APP", delete_.app, "the application")
      ->required()
      ->type_name("");
    add_reason(remove, delete_.reason);
  }

  void add_orphans() {
    auto* adopt
      = add_command("adopt",
                    "take workers that the store does not know into it",
                    [this] { return adopt_command(client_, orphans_); });
    auto* discard = add_command(
      "discard", "end workers that the store does not know",
      [this] { return discard_command(client_, orphans_); });
    for (auto* command : {adopt, discard}) {
      command->add_option("APP", orphans_.app, "the application")
        ->required()
        ->type_name("");
      add_reason(command, orphans_.reason);
    }
  }

  void add_restart() {
    auto* restart = app_.add_subcommand("restart", "restart a part");
    restart->require_subcommand(1);
    restart->fallthrough();
    auto* master = restart->add_subcommand(
      "app_master",
      "restart what watches an application; its workers serve on");
    master->add_option("APP", restart_.app, "the application")
      ->required()
      ->type_name("");
    add_reason(master, restart_.reason);
    master->callback([this] {
      chosen_ = [this] {
        return restart_app_master_command(client_, restart_);
      };
    });
  }

  void add_run() {
    auto* run = add_command("run", "run a strategy here, without a daemon",
                            [this] {
                              run_.timeout = timeout();
                              return run_command(run_);
                            });
    run->add_option("FILE", run_.spec_path, "its app.toml")
      ->required()
      ->type_name("");
    run->add_option("--data", run_.data, "the body; @FILE reads a file, - "
                                         "standard input")
      ->type_name("DATA");
    add_overrides(run, run_.overrides,
                  "override config.KEY=VALUE or backend.NAME.KEY=VALUE");
    add_timeout(run, "the request's deadline");
  }

  void add_bench() {
    auto* bench
      = app_.add_subcommand("bench", "put load on a target and measure it");
    add_bench_flags(*bench, bench_);
    auto* compare = bench->add_subcommand("compare", "hold two results against "
                                                     "each other");
    compare->add_option("A", compare_.a, "a file that --json wrote")
      ->required()
      ->type_name("");
    compare->add_option("B", compare_.b, "another one")
      ->required()
      ->type_name("");
    bench->callback([this, compare] {
      if (compare->parsed())
        chosen_ = [this] {
          return bench_compare_command(compare_, client_.json);
        };
      else
        chosen_ = [this] { return bench_command(client_, bench_); };
    });
  }

  void add_backup() {
    auto* backup = add_command(
      "backup", "copy store and artifacts while the daemon runs",
      [this] { return backup_command(client_, backup_); });
    backup->add_option("DIR", backup_.directory, "where to, on its machine")
      ->required()
      ->type_name("");
    backup->add_option("--data-dir", backup_.data_dir,
                       "copy this one instead, whose daemon is stopped")
      ->type_name("DIR");
    auto* restore = add_command(
      "restore", "make a data directory out of a backup",
      [this] { return restore_command(restore_, client_.json); });
    restore->add_option("BACKUP", restore_.backup, "what `backup` wrote")
      ->required()
      ->type_name("");
    restore->add_option("DIR", restore_.data_dir, "a new or empty data_dir")
      ->required()
      ->type_name("");
  }

  void add_store() {
    auto* store = app_.add_subcommand("store", "move the control plane");
    store->require_subcommand(1);
    store->fallthrough();
    auto* migrate = store->add_subcommand(
      "migrate", "copy a data directory's store into an empty database");
    auto add = [&](const char* name, std::string& file, const char* what) {
      migrate->add_option(name, file, what)->required()->type_name("FILE");
    };
    add("--from", moved_.from, "node.toml of the node, which is stopped");
    add("--to", moved_.to, "node.toml whose [store] names the database");
    migrate->callback([this] {
      chosen_ = [this] { return store_migrate_command(moved_, client_.json); };
    });
  }

  void add_token() {
    auto* token = app_.add_subcommand("token", "manage tokens");
    token->require_subcommand(1);
    token->fallthrough();
    auto* make = token->add_subcommand(
      "make", "make a token, print it once, and add its hash to a file");
    make->add_option("--name", token_.name, "whose it is")
      ->required()
      ->type_name("NAME");
    make->add_option("--scope", token_.scopes,
                     "read, deploy, admin or call; may be repeated")
      ->required()
      ->allow_extra_args(false)
      ->type_name("SCOPE");
    make->add_option("--app", token_.applications,
                     "an application that it is for, may be repeated (all)")
      ->allow_extra_args(false)
      ->type_name("APP");
    make->add_option("--file", token_.file, "the node's auth.tokens_file")
      ->required()
      ->type_name("FILE");
    make->callback([this] {
      chosen_ = [this] { return token_make_command(token_, client_.json); };
    });
  }

  void add_cert() {
    auto* cert = app_.add_subcommand("cert", "make certificates for nodes");
    cert->require_subcommand(1);
    cert->fallthrough();
    auto* authority = cert->add_subcommand(
      "authority", "make a cluster's authority: FOLDER/ca.crt and ca.key");
    authority->add_option("--cluster", cert_.name, "the cluster's name")
      ->required()
      ->type_name("NAME");
    authority->callback([this] {
      chosen_ = [this] { return cert_authority_command(cert_, client_.json); };
    });
    auto* node = cert->add_subcommand(
      "node", "make a node's certificate: FOLDER/NAME.crt and NAME.key");
    node->add_option("--name", cert_.name, "the node's name")
      ->required()
      ->type_name("NAME");
    node->add_option("--host", cert_.hosts,
                     "how others reach it, address or name; may be repeated")
      ->allow_extra_args(false)
      ->type_name("HOST");
    node->callback([this] {
      chosen_ = [this] { return cert_node_command(cert_, client_.json); };
    });
    for (auto* each : {authority, node}) {
      each->add_option("--folder", cert_.folder, "where the files are (.)")
        ->type_name("FOLDER");
      each->add_option("--days", cert_.days, "how long it is valid")
        ->check(CLI::Range(1u, 36'500u))
        ->type_name("N");
    }
  }

  /// Prints help, or what is wrong and how it is done right.
  int explain(const CLI::ParseError& e) {
    std::ostringstream out;
    std::ostringstream err;
    if (app_.exit(e, out, err) == 0)
      return finish(out.str());
    write_stderr(fmt::format("serval: {}\n{}\n", e.what(),
                             "see `serval --help`"));
    return exit_usage;
  }

  CLI::App app_;
  client_options client_;
  std::string admin_;
  std::string ca_file_;
  std::string certificate_file_;
  std::string key_file_;
  std::string token_file_;
  std::string timeout_;
  bool no_wait_ = false;
  std::string app_name_;
  node_options node_;
  deploy_options deploy_;
  call_options call_;
  scale_options scale_;
  why_options why_;
  delete_options delete_;
  orphan_options orphans_;
  restart_options restart_;
  run_options run_;
  journal_options journal_;
  backup_options backup_;
  store_migrate_options moved_;
  restore_options restore_;
  bench_options bench_;
  bench_compare_options compare_;
  token_make_options token_;
  cert_options cert_;
  action chosen_;
};

} // namespace

int run_command_line(int argc, char** argv) {
  prepare_streams();
  try {
    return command_line{}.run(argc, argv);
  } catch (const std::exception& e) {
    // The system refused memory or a thread, for instance.
    return fail({errc::internal, fmt::format("gave up: {}", e.what())});
  }
}

} // namespace serval
