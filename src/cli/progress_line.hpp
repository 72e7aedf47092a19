#pragma once

#include "cli/output.hpp"
#include "cli/text_table.hpp"

#include <string>
#include <string_view>

namespace serval {

/// A line on the terminal that is rewritten as work goes on. Silent where
/// lines cannot be rewritten, so that logs hold results only.
class progress_line {
public:
  progress_line() : live_(stderr_is_live()) {
    // nop
  }

  ~progress_line() {
    clear();
  }

  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  void show(std::string_view text) {
    if (!live_ || text == shown_)
      return;
    shown_ = text;
    // A line longer than the terminal could not be rewritten.
    auto line = printable(text.substr(0, 78));
    write_stderr("\r\x1b[K" + line);
  }

  void clear() {
    if (!shown_.empty())
      write_stderr("\r\x1b[K");
    shown_.clear();
  }

private:
  bool live_;
  std::string shown_;
};

} // namespace serval
