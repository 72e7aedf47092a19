#include "cli/bench_options.hpp"
#include "cli/bench_plan.hpp"
#include "cli/bench_target.hpp"
#include "cli/bench_view.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/plugin_path.hpp"
#include "cli/progress_line.hpp"
#include "cli/text_table.hpp"

#include "base/unique_fd.hpp"
#include "load/html_report.hpp"
#include "load/result_file.hpp"
#include "load/rpc_transport.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace serval {

namespace {

using namespace std::chrono_literals;

constexpr duration connect_patience = 2s;

std::atomic<bool> interrupted = false;

void on_interrupt(int) {
  interrupted = true;
}

/// The first Ctrl-C ends the run and shows what it has, the second the process.
void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESETHAND;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

/// As many connections as this user may have.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

/// What cannot be done as asked is wrong usage; only a daemon that is away is
/// something else.
int refuse(const error& what) {
  auto code = fail(what);
  return code == exit_unreachable ? code : static_cast<int>(exit_usage);
}

/// Fails at once if a file could not be written after the run.
result<void> check_writable(const std::string& path) {
  if (path.empty())
    return {};
  unique_fd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)};
  if (fd)
    return {};
  return error{errc::bad_request, fmt::format("cannot write {}: {}", path,
                                              std::strerror(errno))};
}

result<void> write_file(const std::string& path, std::string_view text) {
  unique_fd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                      0644)};
  auto count = fd ? ::write(fd.get(), text.data(), text.size()) : -1;
  if (count == static_cast<ssize_t>(text.size()))
    return {};
  return error{errc::internal, fmt::format("cannot write {}: {}", path,
                                           std::strerror(errno))};
}

result<transport_maker> make_transports(const bench_target& target,
                                        const bench_plan& plan,
                                        bool allow_remote) {
  auto allowed = allow_remote ? reach::anywhere : reach::loopback;
  auto socket
    = find_target(target.host, target.port, allowed, connect_patience);
  if (!socket)
    return socket.error();
  if (!target.rpc)
    return transport_maker{
      [socket = *socket, &plan](
        std::uint32_t) -> result<std::unique_ptr<load_transport>> {
        return make_http_transport(socket, plan.form, plan.load.mix,
                                   plan.connections);
      }};
  auto address = parse_link_address(target.authority());
  if (!address)
    return address.error();
  return transport_maker{[address = *address, app = target.app,
                          &plan](std::uint32_t) {
    return make_rpc_transport(address, app, plan.load.mix, plan.connections,
                              connect_patience);
  }};
}

int judge(const run_result& run, const std::vector<slo_verdict>& verdicts) {
  if (run.ok == 0 && run.failed > 0)
    return fail({errc::internal,
                 fmt::format("no request succeeded; {} ended with {}",
                             run.ends.front().second, run.ends.front().first)});
  if (run.is_void())
    return fail({errc::internal, "the run is void: " + run.void_because[0]});
  for (const auto& verdict : verdicts)
    if (!verdict.holds)
      return fail({errc::internal,
                   fmt::format("{} does not hold: {}", verdict.condition,
                               verdict.actual)});
  return exit_ok;
}

int report(const run_result& run, const bench_plan& plan,
           const bench_options& options, bool json) {
  auto verdicts = check_slo(plan.slo, run);
  auto written = finish(json ? write_result(run) : show_run(run, verdicts));
  if (!options.report.empty())
    if (auto page
        = write_file(options.report, write_html_report(run, verdicts));
        !page)
      return fail(page.error());
  auto judged = judge(run, verdicts);
  return judged == exit_ok ? written : judged;
}

result<bench_target> target_of(const client_options& client,
                               const bench_options& options) {
  if (options.target.empty())
    return error{errc::bad_request,
                 "name a target: an application, http://HOST:PORT/PATH or "
                 "rpc://HOST:PORT/APP; see `serval bench --help`"};
  if (is_url(options.target))
    return parse_target(options.target);
  if (options.target.find_first_of(":/") != std::string::npos)
    return error{errc::bad_request,
                 fmt::format("cannot use the target \"{0}\": it is no name of "
                             "an application; for an address write http://{0}",
                             printable(options.target))};
  return find_app(client.admin, options.target, options.rpc);
}

result<run_result> read_result_file(const std::string& path) {
  auto text = read_whole_file(path);
  if (!text)
    return text.error();
  return parse_result(path, *text);
}

} // namespace

int bench_command(const client_options& client, const bench_options& options) {
  auto target = target_of(client, options);
  if (!target)
    return refuse(target.error());
  auto plan = make_bench_plan(options, *target);
  if (!plan)
    return refuse(plan.error());
  if (auto writable = check_writable(options.report); !writable)
    return refuse(writable.error());
  auto transports = make_transports(*target, *plan, options.allow_remote);
  if (!transports)
    return refuse(transports.error());
  raise_file_limit();
  catch_interrupts();
  progress_line line;
  auto run = run_load(
    plan->load, *transports,
    [&](const load_progress& progress) { line.show(show_progress(progress)); },
    interrupted);
  line.clear();
  return run ? report(*run, *plan, options, client.json) : refuse(run.error());
}

int bench_compare_command(const bench_compare_options& options, bool json) {
  auto a = read_result_file(options.a);
  if (!a)
    return refuse(a.error());
  auto b = read_result_file(options.b);
  if (!b)
    return refuse(b.error());
  auto figures = compare_runs(*a, *b);
  auto different = differences(*a, *b);
  if (!json)
    return finish(show_comparison(figures, different));
  boost::json::object object;
  for (const auto& figure : figures) {
    boost::json::object entry{{"a", figure.a}, {"b", figure.b}};
    if (figure.ratio)
      entry["ratio"] = *figure.ratio;
    object[figure.name] = std::move(entry);
  }
  boost::json::array texts;
  for (const auto& difference : different)
    texts.emplace_back(difference);
  return finish(boost::json::serialize(boost::json::object{
                  {"figures", std::move(object)},
                  {"differences", std::move(texts)}})
                + "\n");
}

} // namespace serval
