#pragma once

#include "app_master/desired_app.hpp"
#include "model/app_change.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace serval::simulation {

/// What an application's journal says, worked out a second time and in another
/// way than the product does, so that the two can be compared.
class app_model {
public:
  struct release {
    release_number number;
    std::string hash;
    /// Wanted workers by backend.
    std::map<std::string, std::uint32_t, std::less<>> workers;
  };

  struct operation {
    std::string id;
    sequence number;
  };

  void apply(const journal_entry& entry);

  /// The release that has this number and is not given up, or null.
  const release* find(release_number number) const;

  /// How many workers of a backend the journal wants; 0 if it wants none.
  std::uint32_t wanted(release_number number, std::string_view backend) const;

  /// Everything that matters, in one line.
  std::string text() const;

  sequence last;
  std::optional<release> serving;
  std::optional<release> previous;
  std::optional<release> target;
  release_number failed;
  release_number newest;
  bool deleted = true;
  std::deque<operation> operations;

private:
  void change(const release_deployed& what);
  void change(const release_promoted& what);
  void change(const release_failed& what);
  void change(const workers_scaled& what);
  void change(const application_deleted& what);
  void change(const nothing_changed& what);
  void change(const orphans_adopted& what);
  void change(const orphans_discarded& what);
};

/// The same line of what an app_master believes.
std::string text_of(const desired_app& app);

} // namespace serval::simulation
