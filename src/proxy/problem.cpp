#include "proxy/problem.hpp"

#include "base/defect.hpp"
#include "proxy/http_status.hpp"
#include "proxy/utf8.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace serval {

namespace {

bool looks_like_json(std::string_view body) noexcept {
  auto at = body.find_first_not_of(" \t\r\n");
  return at != std::string_view::npos && (body[at] == '{' || body[at] == '[');
}

http_response to_answer(std::string body, std::string request_id) {
  http_response result;
  result.content_type = looks_like_json(body) ? "application/json"
                                              : "application/octet-stream";
  result.request_id = std::move(request_id);
  result.body = std::move(body);
  return result;
}

http_response to_reject(const outcome& result, std::string request_id) {
  if (result.reject_status < 400 || result.reject_status > 499)
    return make_problem(errc::user_error, {}, std::move(request_id));
  return make_problem(result.reject_status, to_string(errc::rejected),
                      result.body, std::move(request_id));
}

} // namespace

http_response make_problem(int status, std::string_view code,
                           std::string_view detail, std::string request_id,
                           retry_seconds wait) {
  boost::json::object document{
    {"type", "about:blank"},
    {"title", reason_phrase(status)},
    {"status", status},
    {"code", code},
    {"detail", to_utf8(detail)},
  };
  if (!request_id.empty())
    document["request_id"] = request_id;
  http_response result;
  result.status = status;
  result.content_type = "application/problem+json";
  result.request_id = std::move(request_id);
  result.body = boost::json::serialize(document);
  result.body += '\n';
  if (status == 503 && !defect("no_retry_after"))
    result.fields.push_back({"retry-after", std::to_string(wait.count())});
  return result;
}

http_response make_problem(errc code, std::string_view detail,
                           std::string request_id, retry_seconds wait) {
  // 499 is for logs alone; a client that is still there is told to try again.
  auto told = http_status_of(code) == 499 ? errc::unavailable : code;
  auto& row = info(told);
  return make_problem(row.http_status, row.name,
                      detail.empty() ? row.sentence : detail,
                      std::move(request_id), wait);
}

http_response make_refusal(int status, std::string_view reason) {
  auto code = errc::bad_request;
  for (int i = 0; i < errc_count; ++i)
    if (auto candidate = static_cast<errc>(i);
        http_status_of(candidate) == status) {
      code = candidate;
      break;
    }
  return make_problem(status, to_string(code), reason);
}

http_response to_response(outcome result, std::string request_id) {
  if (result.ok())
    return to_answer(std::move(result.body), std::move(request_id));
  if (result.code == errc::rejected)
    return to_reject(result, std::move(request_id));
  auto response = make_problem(*result.code, {}, std::move(request_id),
                               std::max(result.retry_after, retry_soon));
  if (response.status == 502)
    response.fields.push_back({"x-serval-maybe-executed",
                               result.maybe_executed ? "true" : "false"});
  return response;
}

} // namespace serval
